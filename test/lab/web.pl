# The web server of the lab's images: no modules, so that perl and its C libraries are all it needs.
#   /         {"version":…,"hostname":…,"slot":…}      /env       the environment, one NAME=value a line
#   /health   200, or 500 when HEALTH is "fail"        /slow?ms=N answers after N milliseconds
#   /exit?N   ends the server with exit code N
# PORT (80), VERSION (the file /version), START_DELAY_MS (0) and LAB_SLOT come from the environment.
# SIGTERM: connections that were made are answered, new ones are refused (one in that very moment may be reset),
# then it exits with 0.
$| = 1;
my ($AF_INET, $SOCK_STREAM, $SOL_SOCKET, $SO_REUSEADDR) = (2, 1, 1, 2);
my ($stopping, %children) = (0);
my $version = $ENV{VERSION} // slurp('/version');
my $hostname = slurp('/proc/sys/kernel/hostname');
my $port = $ENV{PORT} // 80;
my $exit;
$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = $SIG{INT} = sub { $stopping = 1; exit 0 unless defined fileno(SERVER) };
print "version $version on $hostname, port $port\n";
select(undef, undef, undef, $ENV{START_DELAY_MS} / 1000) if $ENV{START_DELAY_MS};
socket(SERVER, $AF_INET, $SOCK_STREAM, 0) or die "socket: $!";
setsockopt(SERVER, $SOL_SOCKET, $SO_REUSEADDR, pack('l', 1)) or die "setsockopt: $!";
bind(SERVER, pack('S n a4 x8', $AF_INET, $port, "\0\0\0\0")) or die "port $port: $!\n";
listen(SERVER, 128) or die "listen: $!";
# the time-out bounds how late a SIGTERM is seen that came between the test and select
until ($stopping || defined $exit) {
  accept_one() if readable(0.2);
  reap();
}
# what the kernel has accepted already is answered too
accept_one() while readable(0);
close SERVER;
while (%children) {
  reap();
  select(undef, undef, undef, 0.01);
}
print "stopped\n";
exit($exit // 0);

sub readable {
  my $bits = '';
  vec($bits, fileno(SERVER), 1) = 1;
  return select($bits, undef, undef, $_[0]) > 0;
}

# Called here and there, not by SIGCHLD: a child may end before its pid is noted.
sub reap {
  while ((my $pid = waitpid(-1, 1)) > 0) {
    $exit = ($? >> 8) - 100 if ($? >> 8) >= 100;
    delete $children{$pid};
  }
}

sub accept_one {
  accept(my $client, SERVER) or return;
  my $pid = fork();
  if ($pid) { $children{$pid} = 1; close $client; return }
  $SIG{TERM} = $SIG{INT} = 'IGNORE';
  close SERVER;
  alarm 30;
  my $request = '';
  while ($request !~ /\r?\n\r?\n/) { sysread($client, $request, 4096, length $request) or exit 0 }
  my ($path) = $request =~ m{^\w+ (\S+)};
  if ($path =~ /^\/slow\?ms=(\d+)/) {
    print "asked for $path\n";
    select(undef, undef, undef, $1 / 1000);
  }
  my ($status, $type, $body) = answer($path);
  syswrite($client, "HTTP/1.1 $status\r\nContent-Type: $type\r\nContent-Length: "
    . length($body) . "\r\nConnection: close\r\n\r\n$body");
  close $client;
  exit($path =~ /^\/exit\?(\d+)/ ? 100 + $1 : 0);
}

sub answer {
  my ($path) = @_;
  my $slot = $ENV{LAB_SLOT} // '';
  return ('500 Internal Server Error', 'text/plain', "unhealthy\n") if $path eq '/health' && ($ENV{HEALTH} // '') eq 'fail';
  return ('200 OK', 'text/plain', "healthy\n") if $path eq '/health';
  return ('200 OK', 'text/plain', join('', map { "$_=$ENV{$_}\n" } sort keys %ENV)) if $path eq '/env';
  return ('200 OK', 'application/json', qq({"version":"$version","hostname":"$hostname","slot":"$slot"}\n));
}

sub slurp {
  open(my $file, '<', $_[0]) or return '';
  my $text = <$file> // '';
  chomp $text;
  return $text;
}
