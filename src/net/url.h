/* SPDX-License-Identifier: Apache-2.0
 * ws:// and wss:// addresses taken apart, strictly. */
#ifndef WICK_NET_URL_H
#define WICK_NET_URL_H

#include "../core/ctx.h"

typedef struct net_url {
    int  tls, port;
    char host[254];                     /* without the brackets of an IPv6 literal */
    char authority[272];                /* for Host: the port only where it is not the default one */
    char path[2048];                    /* with the query; at least "/" */
} net_url;

int url_parse(wick *w, const char *text, net_url *out);     /* ARG: wick_error() says why */

#endif
