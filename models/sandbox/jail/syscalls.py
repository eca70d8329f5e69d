"""System call numbers of what an untrusted program may use, from the kernel's unistd.h. A list, no policy.

One word per call: name, number on x86_64, number on aarch64, `-` where that architecture has no such call.
"""

from __future__ import annotations

_ALLOWED = """
# files already open
read:0:63 write:1:64 close:3:57 lseek:8:62 pread64:17:67 pwrite64:18:68 readv:19:65 writev:20:66 preadv:295:69
pwritev:296:70 dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 close_range:436:436 ftruncate:77:46
fsync:74:82
# looking at files
stat:4:- fstat:5:80 lstat:6:- newfstatat:262:79 statx:332:291 access:21:- faccessat:269:48 faccessat2:439:439
readlink:89:- readlinkat:267:78 getdents64:217:61 getcwd:79:17
# memory
mmap:9:222 mprotect:10:226 munmap:11:215 mremap:25:216 madvise:28:233 brk:12:214 membarrier:324:283
# waiting
poll:7:- ppoll:271:73 select:23:- pselect6:270:72 epoll_create1:291:20 epoll_ctl:233:21 epoll_wait:232:-
epoll_pwait:281:22 eventfd2:290:19 timerfd_create:283:85 timerfd_settime:286:86 timerfd_gettime:287:87
# a socket pair of one's own, as event loops use it
sendto:44:206 recvfrom:45:207 shutdown:48:210 getsockopt:55:209 setsockopt:54:208 getsockname:51:204
getpeername:52:205
# signals and timers
rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigtimedwait:128:137
rt_sigsuspend:130:133 sigaltstack:131:132 pause:34:- restart_syscall:219:128 alarm:37:- getitimer:36:102
setitimer:38:103 timer_create:222:107 timer_settime:223:110 timer_gettime:224:108 timer_delete:226:111
nanosleep:35:101 clock_nanosleep:230:115 clock_gettime:228:113 clock_getres:229:114 gettimeofday:96:169
time:201:- times:100:153
# who and where am I
getpid:39:172 getppid:110:173 gettid:186:178 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177
getgroups:115:158 getresuid:118:148 getresgid:120:150 getpgrp:111:- getpgid:121:155 getsid:124:156 uname:63:160
sysinfo:99:179 getrlimit:97:163 getrusage:98:165 getcpu:309:168
# threads and the end
futex:202:98 set_robust_list:273:99 get_robust_list:274:100 set_tid_address:218:96 rseq:334:293 arch_prctl:158:-
sched_yield:24:124 sched_getaffinity:204:123 getrandom:318:278 exit:60:93 exit_group:231:94
"""

_CONDITIONAL = """
kill:62:129 tgkill:234:131 clone:56:220 clone3:435:435 open:2:- openat:257:56 fcntl:72:25 ioctl:16:29
prlimit64:302:261 socketpair:53:199
"""

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_* of linux/audit.h: what seccomp calls the architectures we have numbers for."""


def allowed(machine: str) -> dict[str, int]:
    """Calls that are harmless whatever their arguments. Raises KeyError for an unknown machine."""
    return _numbers(_ALLOWED, machine)


def conditional(machine: str) -> dict[str, int]:
    """Calls that are harmless with some arguments only. Raises KeyError for an unknown machine."""
    return _numbers(_CONDITIONAL, machine)


def _numbers(table: str, machine: str) -> dict[str, int]:
    column = {"x86_64": 1, "aarch64": 2}[machine]
    rows = [word.split(":") for line in table.splitlines() if not line.startswith("#") for word in line.split()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}
