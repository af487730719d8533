/* SPDX-License-Identifier: Apache-2.0
 * TLS streams. */
#include "sock_impl.h"

const sock_driver SOCK_LWS;
int sock_vhost_get(wick *w, const sock_tls *tls, int server, struct sock_vhost **out)
{
    (void)tls, (void)server, (void)out;
    return ctx_fail(w, WICK_E_IO, "TLS is not there yet");
}
void sock_lws_close(sockets *n)
{
    (void)n;
}
