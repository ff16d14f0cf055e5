"""on-a-terminal.py COMMAND...: runs it on a terminal of 90x25 whose keys are standard input and whose screen is standard output. Among the keys, SIZE:COLUMNSxROWS between two zero bytes is a new size.
At the end it says whether the terminal is as it was before."""
import fcntl, os, pty, re, select, signal, struct, sys, termios

master, slave = pty.openpty()
resize = lambda columns, rows: fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
resize(90, 25)
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.execvp(sys.argv[1], sys.argv[1:])
exited, wake = os.pipe()
signal.signal(signal.SIGCHLD, lambda *_: os.write(wake, b"x"))
inputs = [master, 0, exited]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if master in ready:
        os.write(1, os.read(master, 65536))
        continue
    if exited in ready:
        break
    if 0 in ready:
        keys = os.read(0, 65536)
        if not keys:
            inputs.remove(0)
        for piece in re.split(rb"(\0SIZE:\d+x\d+\0)", keys):
            if piece.startswith(b"\0SIZE:"):
                resize(*map(int, piece[6:-1].split(b"x")))
                os.kill(pid, signal.SIGWINCH)
            elif piece:
                os.write(master, piece)
_, status = os.waitpid(pid, 0)
print("restored" if termios.tcgetattr(slave) == before else "changed", flush=True)
sys.exit(os.waitstatus_to_exitcode(status))
