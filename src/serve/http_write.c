/* SPDX-License-Identifier: Apache-2.0
 * Writing the head of an answer, its date, and problem+json. */
#include "http_write.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "../net/head.h"

static const struct {
    int status;
    const char *reason;
} REASONS[] = {
    {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {206, "Partial Content"},
    {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
    {307, "Temporary Redirect"}, {308, "Permanent Redirect"}, {400, "Bad Request"},
    {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
    {406, "Not Acceptable"}, {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
    {411, "Length Required"}, {412, "Precondition Failed"}, {413, "Content Too Large"},
    {414, "URI Too Long"}, {415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"}, {422, "Unprocessable Content"}, {425, "Too Early"},
    {426, "Upgrade Required"}, {428, "Precondition Required"}, {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
    {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
    {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++)
        if (REASONS[i].status == status)
            return REASONS[i].reason;
    return "Answer";
}

int http_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", in no locale. */
static int write_date(buf *out, int64_t now_ns)
{
    static const char DAYS[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char MONTHS[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(now_ns / 1000000000);
    struct tm t;

    if (!gmtime_r(&seconds, &t))
        memset(&t, 0, sizeof t);
    return buf_fmt(out, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", DAYS[t.tm_wday % 7],
                   t.tm_mday, MONTHS[t.tm_mon % 12], t.tm_year + 1900, t.tm_hour, t.tm_min,
                   t.tm_sec);
}

/* Fields that the server answers for may not be given twice. */
static int check_own(const char *lines)
{
    static const char *const OWN[] = {
        "date:", "content-length:", "connection:", "transfer-encoding:"};
    const char *at = lines;

    while (*at) {
        for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
            if (strncasecmp(at, OWN[i], strlen(OWN[i])) == 0)
                return WICK_E_ARG;
        if (!(at = strchr(at, '\n')))
            return WICK_OK;
        at++;
    }
    return WICK_OK;
}

int http_write_head(buf *out, const http_answer *a)
{
    const char *headers = a->headers ? a->headers : "";
    int rc = check_own(headers);

    if (rc < 0)
        return rc;
    if (buf_fmt(out, "HTTP/1.1 %d %s\r\n", a->status, http_reason(a->status)) < 0 ||
        write_date(out, a->now_ns) < 0)
        return WICK_E_NOMEM;
    if ((rc = head_write(out, headers, strlen(headers))) < 0)
        return rc == WICK_E_DATA ? WICK_E_ARG : rc;
    if (http_has_body(a->status) && buf_fmt(out, "Content-Length: %zu\r\n", a->size) < 0)
        return WICK_E_NOMEM;
    if (a->status == 426)                       /* an Upgrade field must be named (RFC 9110 7.8) */
        rc = buf_text(out, a->keep ? "Connection: upgrade\r\n" : "Connection: upgrade, close\r\n");
    else if (!a->keep)
        rc = buf_text(out, "Connection: close\r\n");
    else if (a->minor == 0)
        rc = buf_text(out, "Connection: keep-alive\r\n");
    return rc < 0 ? rc : buf_text(out, "\r\n");
}

static int write_quoted(buf *out, const char *text)
{
    int rc = buf_text(out, "\"");

    for (; *text && rc == WICK_OK; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            rc = buf_fmt(out, "\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            rc = buf_fmt(out, "\\u%04x", c);
        else
            rc = buf_add(out, text, 1);
    }
    return rc < 0 ? rc : buf_text(out, "\"");
}

int http_write_problem(buf *out, int status, const char *detail)
{
    char code[48];
    size_t i = 0;

    for (const char *c = http_reason(status); *c && i < sizeof code - 1; c++)
        code[i++] = *c == ' ' ? '-' : (char)(*c | 0x20);
    code[i] = '\0';
    if (buf_fmt(
            out,
            "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":",
            code, http_reason(status), status, code) < 0 ||
        write_quoted(out, detail) < 0)
        return WICK_E_NOMEM;
    return buf_text(out, "}\n");
}
