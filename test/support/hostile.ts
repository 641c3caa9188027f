/** Strings that mean something to a shell, a terminal, a parser or a careless program; a name for each. */
export const HOSTILE: Readonly<Record<string, string>> = {
  quotes: `'"\`"'`,
  'closing quotes': `'; touch CANARY; echo '`,
  'command substitution': '$(touch CANARY)',
  backticks: '`touch CANARY`',
  separators: '; touch CANARY & touch CANARY | touch CANARY && touch CANARY',
  newlines: 'a\ntouch CANARY\r\nb\rc\n',
  variables: '$HOME ${HOME} $(( 1 + 1 )) $$ %HOME% ~ ~root',
  globs: '* ? [a-z] {a,b} !x /etc/*',
  redirections: '> CANARY < /etc/passwd >> CANARY 2>&1',
  options: '--help -rf --privileged=true',
  backslashes: '\\ \\n \\\\ \\x41 \\u0041 C:\\temp\\',
  blanks: '  a\t b \u00A0 ',
  formats: '%s %n %d %%s {{.State}} {{json .}} ${{ x }} {% x %} <%= x %>',
  'a path upwards': '../../../../etc/passwd',
  html: '<script>alert(1)</script> &amp; <!--',
  sql: `'; DROP TABLE tasks; --`,
  controls: '\u0001\u0007\u0008\u000B\u000C\u000E\u001F\u007F\u0085\u009B',
  'a terminal’s escapes': '\u001B[2J\u001B[31mred\u001B[0m\u001B]0;title\u0007\u009B31m',
  'the other direction': 'abc \u202Egnp.exe\u202C \u2066x\u2069 שלום مرحبا',
  'line separators': 'a\u2028b\u2029c',
  'beyond the first plane': '👩‍👩‍👧‍👦 🏳️‍🌈 𝔘𝔫𝔦 𠜎',
  'letters with marks': 'e\u0301 \u00E9 Z̷͑a̴l̶g̷o̸ ﷽',
  'byte order mark': '\uFEFFx\uFFFE\uFFFD',
  'names of prototypes': '__proto__ constructor toString hasOwnProperty',
  json: '{"a": [1, "}", null]} \\"',
  numbers: '1e999 -0 NaN Infinity 0x1F 9007199254740993',
  empty: '',
}

/** The file that would be there if any of it had reached a shell. */
export const CANARY = 'CANARY'
