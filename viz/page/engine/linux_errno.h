// The error numbers of the system that traces come from. WebAssembly's C library
// numbers errors in another order, and lacks some: with those a page would call
// ECONNRESET by another name than `print` does. Included before all else.
// Source: include/uapi/asm-generic/errno-base.h and errno.h of Linux.
#ifndef FISHBOWL_LINUX_ERRNO_H
#define FISHBOWL_LINUX_ERRNO_H

#include <errno.h>

#undef EPERM
#undef ENOENT
#undef EINTR
#undef EIO
#undef ENXIO
#undef EBADF
#undef ECHILD
#undef EAGAIN
#undef ENOMEM
#undef EACCES
#undef EFAULT
#undef EBUSY
#undef EEXIST
#undef ENODEV
#undef ENOTDIR
#undef EISDIR
#undef EINVAL
#undef ENFILE
#undef EMFILE
#undef EFBIG
#undef ENOSPC
#undef ESPIPE
#undef EROFS
#undef EPIPE
#undef ERANGE
#undef EDEADLK
#undef ENOSYS
#undef ENODATA
#undef EPROTO
#undef EBADMSG
#undef EOVERFLOW
#undef EILSEQ
#undef ENOTSOCK
#undef EMSGSIZE
#undef ENOPROTOOPT
#undef EOPNOTSUPP
#undef EAFNOSUPPORT
#undef EADDRINUSE
#undef EADDRNOTAVAIL
#undef ENETDOWN
#undef ENETUNREACH
#undef ENETRESET
#undef ECONNABORTED
#undef ECONNRESET
#undef ENOBUFS
#undef EISCONN
#undef ENOTCONN
#undef ETIMEDOUT
#undef ECONNREFUSED
#undef EHOSTDOWN
#undef EHOSTUNREACH
#undef EALREADY
#undef EINPROGRESS
#undef ESTALE
#undef EDQUOT
#undef ECANCELED

#define EPERM         1
#define ENOENT        2
#define EINTR         4
#define EIO           5
#define ENXIO         6
#define EBADF         9
#define ECHILD        10
#define EAGAIN        11
#define ENOMEM        12
#define EACCES        13
#define EFAULT        14
#define EBUSY         16
#define EEXIST        17
#define ENODEV        19
#define ENOTDIR       20
#define EISDIR        21
#define EINVAL        22
#define ENFILE        23
#define EMFILE        24
#define EFBIG         27
#define ENOSPC        28
#define ESPIPE        29
#define EROFS         30
#define EPIPE         32
#define ERANGE        34
#define EDEADLK       35
#define ENOSYS        38
#define ENODATA       61
#define EPROTO        71
#define EBADMSG       74
#define EOVERFLOW     75
#define EILSEQ        84
#define ENOTSOCK      88
#define EMSGSIZE      90
#define ENOPROTOOPT   92
#define EOPNOTSUPP    95
#define EAFNOSUPPORT  97
#define EADDRINUSE    98
#define EADDRNOTAVAIL 99
#define ENETDOWN      100
#define ENETUNREACH   101
#define ENETRESET     102
#define ECONNABORTED  103
#define ECONNRESET    104
#define ENOBUFS       105
#define EISCONN       106
#define ENOTCONN      107
#define ETIMEDOUT     110
#define ECONNREFUSED  111
#define EHOSTDOWN     112
#define EHOSTUNREACH  113
#define EALREADY      114
#define EINPROGRESS   115
#define ESTALE        116
#define EDQUOT        122
#define ECANCELED     125

#endif
