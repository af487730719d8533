/* SPDX-License-Identifier: Apache-2.0
 * Plans for the tests and fuzzers of the decoder: what lua/wick/feed.lua makes of small tables, one kind of venue
 * each. spec/lua/feed_spec.lua compiles the same forms from Lua. lint: allow column plans stand as they are. */
#ifndef WICK_SPEC_DECODE_PLANS_H
#define WICK_SPEC_DECODE_PLANS_H

#define PLAN_JOINED \
    "wick-plan 1\n" \
    "name joined\n" \
    "venue Joined\n" \
    "ids ordered\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "quote USDT\n" \
    "quote BTC\n" \
    "quote ETH\n" \
    "pattern {pair} % %\n" \
    "rule trade\n" \
    ">when ./kdata/ke is\n" \
    "value t\n" \
    ">trades ./kdata\n" \
    "field symbol\n" \
    ">from ./ks\n" \
    "field time\n" \
    ">from ./kT\n" \
    "unit ms\n" \
    "field price\n" \
    ">from ./kp\n" \
    "field qty\n" \
    ">from ./kq\n" \
    "field side\n" \
    ">from ./km\n" \
    "mean buy false\n" \
    "mean sell true\n" \
    "field id\n" \
    ">from ./ka\n" \
    "field first\n" \
    ">from ./kf\n" \
    "field last\n" \
    ">from ./kl\n" \
    "rule book\n" \
    ">when ./kdata/ke prefix\n" \
    "value de\n" \
    "rule session\n" \
    ">when ./kresult present\n" \
    "control answer\n" \
    "csv trade\n" \
    "field symbol\n" \
    ">from ./ks\n" \
    "flag optional\n" \
    "field time\n" \
    ">from ./kT\n" \
    "unit ms\n" \
    "field price\n" \
    ">from ./kp\n" \
    "field qty\n" \
    ">from ./kq\n" \
    "field side\n" \
    ">from ./km\n" \
    "mean buy false\n" \
    "mean sell true\n" \
    "field id\n" \
    ">from ./ka\n" \
    "csv trade\n" \
    "columns 3\n" \
    "field time\n" \
    ">from ./i1\n" \
    "unit s\n" \
    "field price\n" \
    ">from ./i2\n" \
    "field qty\n" \
    ">from ./i3\n"

#define PLAN_PACKED \
    "wick-plan 1\n" \
    "name packed\n" \
    "venue Packed\n" \
    "ids ordered\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 20\n" \
    "split |\n" \
    "pattern {venue}~{base}~{quote} % %\n" \
    "packed ~\n" \
    "pack 0\n" \
    "packname PACKED\n" \
    "packname M\n" \
    "packname F\n" \
    "packname T\n" \
    "packname S\n" \
    "packmask ID\n" \
    "packmask TS\n" \
    "packmask Q\n" \
    "packmask P\n" \
    "packmask TOTAL\n" \
    "pack %\n" \
    "packname PACKED\n" \
    "packname TEXT\n" \
    "rule trade\n" \
    "any\n" \
    ">when ./kTYPE is\n" \
    "value 0\n" \
    "any\n" \
    ">when ./kPACKED is\n" \
    "value 0\n" \
    ">trades .\n" \
    "field symbol\n" \
    ">from ./kM\n" \
    ">from ./kF\n" \
    ">from ./kT\n" \
    "with ~\n" \
    "field time\n" \
    ">from ./kTS\n" \
    "unit s\n" \
    "field ns\n" \
    ">from ./kNS\n" \
    "unit ns\n" \
    "flag optional\n" \
    "field price\n" \
    ">from ./kP\n" \
    "field qty\n" \
    ">from ./kQ\n" \
    "field side\n" \
    ">from ./kS\n" \
    "bit buy 2\n" \
    "bit sell 1\n" \
    "bit unknown 4\n" \
    "bit reversed 8\n" \
    "field id\n" \
    ">from ./kID\n" \
    "rule session\n" \
    ">when ./kTYPE is\n" \
    "value 16\n" \
    "control subscribed\n" \
    "field about\n" \
    ">from ./kSUB\n" \
    "prefix 0~\n" \
    "rule session\n" \
    "any\n" \
    ">when ./kTYPE is\n" \
    "value 999\n" \
    "any\n" \
    ">when ./kPACKED is\n" \
    "value 999\n" \
    "control heartbeat\n" \
    "field at\n" \
    ">from ./kMS\n" \
    "unit ms\n" \
    "rule index\n" \
    ">when ./kTYPE is\n" \
    "value 5\n" \
    "value 985\n" \
    "rule legacy\n" \
    ">when ./kPACKED present\n"

#define PLAN_ROWS \
    "wick-plan 1\n" \
    "name rows\n" \
    "venue Rows\n" \
    "ids none\n" \
    "open previous\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "quote USDT\n" \
    "kind mc PERP\n" \
    "kind sp %\n" \
    "pattern {pair} % %\n" \
    "rule trade\n" \
    ">when ./karg/kch is\n" \
    "value trade\n" \
    ">when ./kdata kind\n" \
    "value array\n" \
    ">trades ./kdata/*\n" \
    "order 0 newest\n" \
    "field symbol\n" \
    ">from $/karg/kid\n" \
    "field time\n" \
    ">from ./i1\n" \
    "unit ms\n" \
    "field kind\n" \
    ">from $/karg/ktype\n" \
    "field price\n" \
    ">from ./i2\n" \
    "field qty\n" \
    ">from ./i3\n" \
    "field side\n" \
    ">from ./i4\n" \
    "mean buy buy\n" \
    "mean sell sell\n" \
    "field snapshot\n" \
    ">from $/kaction\n" \
    "mean yes snapshot\n" \
    "rule session\n" \
    ">when ./kevent is\n" \
    "value sub\n" \
    "control subscribed\n" \
    "field about\n" \
    ">from ./karg/kid\n" \
    "rule session\n" \
    ">when ./kevent is\n" \
    "value unsub\n" \
    "control unsubscribed\n" \
    "field about\n" \
    ">from ./karg/kid\n"

#define PLAN_NESTED \
    "wick-plan 1\n" \
    "name nested\n" \
    "venue Nested\n" \
    "ids unordered\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "pattern {base}-{quote} % %\n" \
    "rule trade\n" \
    ">when ./kch is\n" \
    "value trades\n" \
    ">trades ./kevents/*/ktrades/*\n" \
    "order 1 newest\n" \
    "field symbol\n" \
    ">from ./kid\n" \
    "field time\n" \
    ">from ./ktime\n" \
    "unit iso\n" \
    "field price\n" \
    ">from ./kpx\n" \
    "field qty\n" \
    ">from ./ksz\n" \
    "field side\n" \
    ">from ./kside\n" \
    "mean buy BUY\n" \
    "mean sell SELL\n" \
    "flag maker\n" \
    "field id\n" \
    ">from ./ktid\n" \
    "field snapshot\n" \
    ">from ^/ktype\n" \
    "mean yes snapshot\n" \
    "rule trade\n" \
    ">when ./kch is\n" \
    "value keyed\n" \
    ">trades ./kupdate/@/*\n" \
    "snapshot first\n" \
    "field symbol\n" \
    "member 1\n" \
    "field time\n" \
    ">from ./kt\n" \
    "unit us\n" \
    "field price\n" \
    ">from ./kp\n" \
    "field qty\n" \
    ">from ./kq\n" \
    "field id\n" \
    ">from ./ki\n" \
    "rule trade\n" \
    ">when ./kch is\n" \
    "value columns\n" \
    ">trades .\n" \
    "field symbol\n" \
    ">from ./ks\n" \
    "field time\n" \
    ">from ./kt/#\n" \
    "unit s\n" \
    "field price\n" \
    ">from ./kp/#\n" \
    "field qty\n" \
    ">from ./kq/#\n" \
    "field id\n" \
    ">from ./ki/#\n" \
    "rule session\n" \
    ">when ./kch is\n" \
    "value subs\n" \
    "control subscribed\n" \
    ">named ./klist/*/knames/*\n" \
    "field about\n" \
    ">from .\n"

#define PLAN_BOUND \
    "wick-plan 1\n" \
    "name bound\n" \
    "venue Bound\n" \
    "ids ordered\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "pattern t{base:3}{quote:3} % %\n" \
    "rule trade\n" \
    ">when ./i2 is\n" \
    "value te\n" \
    ">bound ./i1 bound trades\n" \
    ">trades ./i3\n" \
    "field symbol\n" \
    ">from $/i1\n" \
    "table trades\n" \
    "field time\n" \
    ">from ./i2\n" \
    "unit ms\n" \
    "field price\n" \
    ">from ./i4\n" \
    "field qty\n" \
    ">from ./i3\n" \
    "field side\n" \
    "flag sign\n" \
    "field id\n" \
    ">from ./i1\n" \
    "rule trade\n" \
    ">when ./i2/i1 kind\n" \
    "value array\n" \
    ">bound ./i1 bound trades\n" \
    ">trades ./i2/*\n" \
    "order 0 newest\n" \
    "snapshot always\n" \
    "field symbol\n" \
    ">from $/i1\n" \
    "table trades\n" \
    "field time\n" \
    ">from ./i2\n" \
    "unit ms\n" \
    "field price\n" \
    ">from ./i4\n" \
    "field qty\n" \
    ">from ./i3\n" \
    "field side\n" \
    "flag sign\n" \
    "field id\n" \
    ">from ./i1\n" \
    "rule repeat\n" \
    ">when ./i2 is\n" \
    "value tu\n" \
    "rule session\n" \
    ">when ./i-1 is\n" \
    "value hb\n" \
    "control heartbeat\n" \
    "rule session\n" \
    ">when ./kchannel is\n" \
    "value trades\n" \
    ">when ./kevent is\n" \
    "value subscribed\n" \
    "control subscribed\n" \
    "field about\n" \
    ">from ./ksymbol\n" \
    ">bind ./kchanId trades\n" \
    "rule session\n" \
    ">when ./kevent is\n" \
    "value unsubscribed\n" \
    "control unsubscribed\n" \
    "field about\n" \
    ">from ./kchanId\n" \
    "table trades\n" \
    ">unbind ./kchanId trades\n"

#define PLAN_SCALED \
    "wick-plan 1\n" \
    "name scaled\n" \
    "venue Scaled\n" \
    "ids none\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "quote USD\n" \
    "pattern s{pair} % %\n" \
    "pattern {pair} PERP %\n" \
    "rule trade\n" \
    ">when ./ktrades kind\n" \
    "value array\n" \
    ">trades ./ktrades/*\n" \
    "field symbol\n" \
    ">from $/ksymbol\n" \
    "field time\n" \
    ">from ./i1\n" \
    "unit ns\n" \
    "field price\n" \
    ">from ./i3\n" \
    "scale s* 8\n" \
    "scale * 4\n" \
    "field qty\n" \
    ">from ./i4\n" \
    "factor * 0.001\n" \
    "field side\n" \
    ">from ./i2\n" \
    "mean buy Buy\n" \
    "mean sell Sell\n" \
    "field seq\n" \
    ">from $/kseq\n" \
    "flag chronological\n"

#define PLAN_MIXED \
    "wick-plan 1\n" \
    "name mixed\n" \
    "venue Mixed\n" \
    "ids ordered\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "pattern {base}-PERPETUAL PERP %\n" \
    "patternquote USD\n" \
    "pattern {base}-{date} % %\n" \
    "patternquote USD\n" \
    "pattern {base}_{quote} % %\n" \
    "rule trade\n" \
    ">when ./kch is\n" \
    "value trades\n" \
    ">when ./ktype is\n" \
    "value subscribed\n" \
    "value data\n" \
    "control subscribed\n" \
    "field about\n" \
    ">from ./kid\n" \
    ">trades ./kcontents/ktrades/*\n" \
    "order 0 newest\n" \
    "snapshot always\n" \
    "field symbol\n" \
    ">from $/kid\n" \
    "field time\n" \
    ">from ./kat\n" \
    "unit iso\n" \
    "east 32400\n" \
    "field price\n" \
    ">from ./kpx\n" \
    "field qty\n" \
    ">from ./ksz\n" \
    "rule trade\n" \
    ">when ./kch is\n" \
    "value list\n" \
    ">where ./i1 is\n" \
    "value t\n" \
    "value T\n" \
    ">where ./i2 present\n" \
    ">trades ./kitems/*\n" \
    "field symbol\n" \
    ">from $/kchannel\n" \
    "prefix trades.\n" \
    "suffix .raw\n" \
    "suffix .100ms\n" \
    "field time\n" \
    ">from ./i5\n" \
    "unit s\n" \
    "field price\n" \
    ">from ./i3\n" \
    "field qty\n" \
    ">from ./i4\n" \
    "field id\n" \
    ">from ./i2\n"

#define PLAN_INSIDE \
    "wick-plan 1\n" \
    "name inside\n" \
    "venue In\n" \
    "ids ordered\n" \
    "open first\n" \
    "case upper\n" \
    "compression auto\n" \
    "repeats 0\n" \
    "listed\n" \
    "pattern {base}-{quote} % %\n" \
    "front 42\n" \
    "front a\n" \
    ">inside .\n" \
    ">inside ./kdata\n" \
    ">inside ./kpack\n" \
    "undo base64\n" \
    "undo auto\n" \
    ">inside ./kdata/kmore/*\n" \
    ">inside ./krows/*\n" \
    "cut :\n" \
    "preset fixed 17 X-Y\n" \
    "rule trade\n" \
    ">when ./kev is\n" \
    "value t\n" \
    ">trades ./kdata\n" \
    "field symbol\n" \
    ">from ./ks\n" \
    "field time\n" \
    ">from ./kt\n" \
    "unit ms\n" \
    "field price\n" \
    ">from ./kp\n" \
    "field qty\n" \
    ">from ./kq\n" \
    "field id\n" \
    ">from ./ki\n" \
    "rule trade\n" \
    ">when ./kev is\n" \
    "value m\n" \
    ">trades ./kdata/kmore/*\n" \
    "field symbol\n" \
    ">from @/kpath/i-1\n" \
    "field time\n" \
    ">from ./kt\n" \
    "unit iso\n" \
    "field price\n" \
    ">from ./kp\n" \
    "field qty\n" \
    ">from ./kq\n" \
    "field id\n" \
    ">from @/kquery/kid\n" \
    "rule trade\n" \
    ">when ./kev is\n" \
    "value b\n" \
    ">trades ./kpack/klist/*\n" \
    "field symbol\n" \
    ">from $/kno\n" \
    "table fixed\n" \
    "field time\n" \
    ">from ./kt\n" \
    "unit s\n" \
    "field price\n" \
    ">from ./kp\n" \
    "field qty\n" \
    ">from ./kq\n" \
    "rule trade\n" \
    ">when ./kev is\n" \
    "value r\n" \
    ">trades ./krows/*\n" \
    "field symbol\n" \
    ">from ^/kno\n" \
    "table live\n" \
    "field time\n" \
    ">from ./i2\n" \
    "unit ms\n" \
    "field price\n" \
    ">from ./i3\n" \
    "field qty\n" \
    ">from ./i4\n" \
    "field side\n" \
    ">from ./i1\n" \
    "mean buy b\n" \
    "mean sell s\n" \
    "field id\n" \
    ">from ./i5\n" \
    "rule session\n" \
    ">when ./kev is\n" \
    "value n\n" \
    "control subscribed\n" \
    ">named ./klist/*/kname\n" \
    "field about\n" \
    ">from .\n" \
    ">bind ^/kid live\n" \
    "rule session\n" \
    ">when ./kev is\n" \
    "value o\n" \
    "control subscribed\n" \
    ">named ./kmap/@\n" \
    "field about\n" \
    ">from .\n" \
    ">bind . live\n" \
    "bindmember 1\n" \
    "rule session\n" \
    ">when . is\n" \
    "value pong\n" \
    "value h\n" \
    "control heartbeat\n"

#endif
