/* SPDX-License-Identifier: Apache-2.0
 * The loop's small things: timers on the context, closing of uv handles. */
#ifndef WICK_CORE_LOOP_H
#define WICK_CORE_LOOP_H

#include "ctx.h"

int  loop_open(wick *w);
void loop_close(wick *w);               /* runs the loop until every handle is closed */

#endif
