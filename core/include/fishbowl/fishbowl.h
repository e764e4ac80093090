// Fishbowl, all of it: include this one.
//
// Reading order: waker.h, future.h, async.h, task.h, runtime.h; then time.h,
// combine.h, budget.h, join_set.h, scope.h, sync.h, channel.h, tcp.h, signals.h,
// blocking.h as you need them. server/named.c is the program to start with.
#ifndef FISHBOWL_H
#define FISHBOWL_H

#include "fishbowl/async.h"
#include "fishbowl/base.h"
#include "fishbowl/blocking.h"
#include "fishbowl/budget.h"
#include "fishbowl/channel.h"
#include "fishbowl/combine.h"
#include "fishbowl/future.h"
#include "fishbowl/join_set.h"
#include "fishbowl/net.h"
#include "fishbowl/resolve.h"
#include "fishbowl/runtime.h"
#include "fishbowl/scope.h"
#include "fishbowl/signals.h"
#include "fishbowl/sync.h"
#include "fishbowl/task.h"
#include "fishbowl/tcp.h"
#include "fishbowl/time.h"
#include "fishbowl/udp.h"
#include "fishbowl/unix.h"
#include "fishbowl/waker.h"

#endif
