# Stands in for Fluent Bit, which no registry of the lab has: reads the socket's path from the configuration that it is
# started with, takes what Docker's driver fluentd sends there (the forward protocol, in MessagePack), and prints a line
# "TAG key=value …" for each message, with what record_modifier would add. No modules, as in web.pl.
$| = 1;
my ($file) = grep { -s } '/fluent-bit/etc/fluent-bit.conf', '/fluentd/etc/fluent.conf';
my $config = slurp($file);
my ($path) = $config =~ /^\s*(?:unix_)?path (\S+\.sock)/m or die "no socket in the configuration\n";
my @records = $config =~ /^\s+Record (\S+ \S+)$/mg;
my ($AF_UNIX, $SOCK_STREAM) = (1, 1);
$SIG{TERM} = $SIG{INT} = sub { print "router ends\n"; exit 0 };
unlink $path;
socket(SERVER, $AF_UNIX, $SOCK_STREAM, 0) or die "socket: $!";
bind(SERVER, pack('S a108', $AF_UNIX, $path)) or die "$path: $!";
chmod 0777, $path;
listen(SERVER, 16) or die "listen: $!";
print "router listens on $path\n";
my %buffers;
for (;;) {
  my $bits = '';
  vec($bits, fileno($_), 1) = 1 for \*SERVER, map { $_->[0] } values %buffers;
  next if select($bits, undef, undef, 0.5) <= 0;
  if (vec($bits, fileno(SERVER), 1)) {
    my $client;
    $buffers{fileno($client)} = [$client, ''] if accept($client, SERVER);
  }
  for my $number (keys %buffers) {
    next unless vec($bits, $number, 1);
    my $read = sysread($buffers{$number}[0], $buffers{$number}[1], 65536, length $buffers{$number}[1]);
    take($buffers{$number});
    if (!$read) { close $buffers{$number}[0]; delete $buffers{$number} }
  }
}

# prints the whole messages of a connection; what is cut off stays for the next time
sub take {
  my ($buffer) = @_;
  for (;;) {
    our ($data, $at) = ($buffer->[1], 0);
    my $message = eval { value() };
    return unless $message;
    $buffer->[1] = substr($data, $at);
    my ($tag, $time, $record) = @$message;
    next unless ref $record eq 'HASH';
    print join(' ', $tag, map({ "$_=$record->{$_}" } sort keys %$record), map { s/ /=/r } @records), "\n";
  }
}

sub value {
  our ($data, $at);
  my $type = unpack('C', bytes(1));
  return $type if $type < 0x80;
  return map_of($type & 15) if $type < 0x90;
  return list_of($type & 15) if $type < 0xa0;
  return bytes($type & 31) if $type < 0xc0;
  return undef if $type == 0xc0;
  return $type - 0xc2 if $type == 0xc2 || $type == 0xc3;
  return bytes(number(1 << ($type - 0xc4))) if $type >= 0xc4 && $type <= 0xc6;
  return ext(number(1 << ($type - 0xc7))) if $type >= 0xc7 && $type <= 0xc9;
  return bytes(4 << ($type - 0xca)) if $type == 0xca || $type == 0xcb;
  return number(1 << ($type - 0xcc)) if $type >= 0xcc && $type <= 0xcf;
  return number(1 << ($type - 0xd0)) if $type >= 0xd0 && $type <= 0xd3;
  return ext(1 << ($type - 0xd4)) if $type >= 0xd4 && $type <= 0xd8;
  return bytes(number(1 << ($type - 0xd9))) if $type >= 0xd9 && $type <= 0xdb;
  return list_of(number(2 << ($type - 0xdc))) if $type == 0xdc || $type == 0xdd;
  return map_of(number(2 << ($type - 0xde))) if $type == 0xde || $type == 0xdf;
  return $type - 256;
}

sub bytes {
  our ($data, $at);
  die "cut\n" if $at + $_[0] > length $data;
  my $bytes = substr($data, $at, $_[0]);
  $at += $_[0];
  return $bytes;
}

sub number { my $number = 0; $number = $number * 256 + $_ for unpack('C*', bytes($_[0])); return $number }
sub ext { bytes(1); return bytes($_[0]) }
sub list_of { return [map { value() } 1 .. $_[0]] }
sub map_of { my %map; for (1 .. $_[0]) { my $key = value(); $map{$key} = value() } return \%map }
sub slurp { open(my $file, '<', $_[0]) or die "$_[0]: $!\n"; local $/; my $text = <$file>; close $file; return $text }
