/**
 * Makes docs/errors.md out of the catalogue in errors.ts. Writes it; with --check it only compares, for `npm run check`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { ERRORS } from './errors.ts'

const file = new URL('../docs/errors.md', import.meta.url)
const page = [
  '# Errors',
  '',
  'Each error has a stable code. Messages may change from version to version, codes do not: scripts may rely on them.',
  'With `--json` a command that fails prints `{"error": {"code", "message", "next", "instance", "service", "problems"}}`;',
  '`problems` has one entry for each, where one run met several at once.',
  '',
  '<!-- Generated from engine/errors.ts by engine/errors-page.ts. -->',
  ...Object.entries(ERRORS).flatMap(([code, { summary, next }]) => [
    '',
    `## ${code}`,
    '',
    summary,
    '',
    `**Next:** ${next}`,
  ]),
  '',
].join('\n')

const before = await readFile(file, 'utf8').catch(() => '')
if (!process.argv.includes('--check')) await writeFile(file, page)
else if (before !== page) {
  console.error('docs/errors.md is not what engine/errors.ts gives: npx tsx engine/errors-page.ts')
  process.exitCode = 1
}
