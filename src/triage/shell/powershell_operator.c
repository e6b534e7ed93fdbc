/* Operators of PowerShell between values: , .. + - * / % -f -join -split -replace -eq. */
#include "triage/shell/powershell.h"
#include "triage/shell/regex.h"

static struct ps_value listed(struct powershell *shell)
{
    struct ps_value first = ps_primary(shell);
    if (shell->failed || ps_peek(shell) != ',')
        return first;
    struct ps_value list = {.kind = PS_list};
    fields_add(shell->machine, &list.list, ps_text(shell, first));
    while (!shell->failed && ps_take(shell, ","))
        fields_add(shell->machine, &list.list, ps_text(shell, ps_primary(shell)));
    if (ps_take(shell, "..")) /* 1,2..5 is rare; ranges are 1..5 */
        shell->failed = true;
    return list;
}

static struct ps_value ranged(struct powershell *shell)
{
    struct ps_value first = listed(shell);
    if (shell->failed || first.kind != PS_number || !ps_take(shell, ".."))
        return first;
    struct ps_value last = ps_primary(shell), list = {.kind = PS_list};
    int64_t step = last.number < first.number ? -1 : 1;
    for (int64_t i = first.number; machine_step(shell->machine, 16); i += step) {
        fields_add(shell->machine, &list.list,
                   text_format(shell->machine->arena, "%lld", (long long)i));
        if (i == last.number)
            break;
    }
    return list;
}

/* "{1}{0}" -f 'b','a' */
static struct ps_value formatted(struct powershell *shell, struct ps_value format,
                                 struct ps_value arguments)
{
    struct text out = {.arena = shell->machine->arena};
    struct bytes text = ps_text(shell, format);
    if (arguments.kind != PS_list)
        fields_add(shell->machine, &arguments.list, ps_text(shell, arguments));
    for (size_t i = 0; i < text.len; i++) {
        size_t end = text.at[i] == '{' ? text_find(text, i, BYTES("}")) : text.len;
        int64_t index;
        if (end < text.len && text_integer((struct bytes){text.at + i + 1, end - i - 1}, &index) &&
            index >= 0 && index < arguments.list.count) {
            text_add(&out, arguments.list.items[index]);
            i = end;
        } else
            text_add_char(&out, text.at[i]);
    }
    return ps_text_value(text_bytes(&out));
}

static struct ps_value replaced(struct powershell *shell, struct ps_value value,
                                struct ps_value with)
{
    struct bytes text = ps_text(shell, value), pattern = with.kind == PS_list && with.list.count
                                                             ? with.list.items[0]
                                                             : ps_text(shell, with);
    struct bytes replacement =
        with.kind == PS_list && with.list.count > 1 ? with.list.items[1] : BYTES("");
    struct regex *regex = regex_compile(shell->machine, pattern, REGEX_perl, true);
    struct regex_groups groups;
    struct text out = {.arena = shell->machine->arena};
    size_t at = 0;
    while (regex && at <= text.len && regex_find(regex, text, at, &groups) && groups.group[0].len) {
        size_t start = (size_t)(groups.group[0].at - text.at);
        text_add(&out, (struct bytes){text.at + at, start - at});
        text_add(&out, replacement);
        at = start + groups.group[0].len;
    }
    text_add(&out, bytes_from(text, at));
    return ps_text_value(text_bytes(&out));
}

static struct ps_value split(struct powershell *shell, struct ps_value value,
                             struct bytes separator)
{
    struct bytes text = ps_text(shell, value);
    struct ps_value list = {.kind = PS_list};
    for (size_t at = 0; at <= text.len && machine_step(shell->machine, 16);) {
        size_t end = separator.len ? text_find(text, at, separator) : at + 1;
        if (end > text.len)
            end = text.len;
        fields_add(shell->machine, &list.list, (struct bytes){text.at + at, end - at});
        at = end + (separator.len ? separator.len : 0);
        if (end == text.len)
            break;
    }
    return list;
}

static struct ps_value joined(struct powershell *shell, struct ps_value list, struct bytes between)
{
    struct text out = {.arena = shell->machine->arena};
    if (list.kind != PS_list)
        return list;
    for (uint32_t i = 0; i < list.list.count; i++) {
        if (i)
            text_add(&out, between);
        text_add(&out, list.list.items[i]);
    }
    return ps_text_value(text_bytes(&out));
}

static struct ps_value calculated(struct powershell *shell, char sign, struct ps_value left,
                                  struct ps_value right)
{
    if (sign == '+' && (left.kind == PS_text || left.kind == PS_bytes)) {
        struct text out = {.arena = shell->machine->arena};
        text_add(&out, ps_text(shell, left));
        text_add(&out, ps_text(shell, right));
        return ps_text_value(text_bytes(&out));
    }
    if (left.kind != PS_number || right.kind != PS_number)
        return ps_text_value(BYTES("\x0f"));
    uint64_t a = (uint64_t)left.number, b = (uint64_t)right.number;
    if (sign == '/' || sign == '%') {
        bool whole = right.number > 0 && (sign == '%' || left.number % right.number == 0);
        return !whole ? ps_text_value(BYTES("\x03"))
                      : ps_number_value(sign == '/' ? left.number / right.number
                                                    : left.number % right.number);
    }
    return ps_number_value((int64_t)(sign == '+' ? a + b : sign == '-' ? a - b : a * b));
}

static struct ps_value product(struct powershell *shell)
{
    struct ps_value left = ranged(shell);
    for (;;) {
        char c = ps_peek(shell);
        if (shell->failed || (c != '*' && c != '/' && c != '%'))
            return left;
        shell->at++;
        left = calculated(shell, c, left, ranged(shell));
    }
}

static struct ps_value sum(struct powershell *shell)
{
    struct ps_value left = product(shell);
    for (;;) {
        char c = ps_peek(shell),
             next = shell->at + 1 < shell->text.len ? shell->text.at[shell->at + 1] : 0;
        if (shell->failed || (c != '+' && c != '-') || (c == '-' && is_name_start(next)))
            return left;
        shell->at++;
        left = calculated(shell, c, left, product(shell));
    }
}

struct ps_value ps_expression(struct powershell *shell)
{
    struct ps_value value = sum(shell);
    while (!shell->failed && machine_step(shell->machine, 16)) {
        if (ps_take(shell, "-f"))
            value = formatted(shell, value, sum(shell));
        else if (ps_take(shell, "-replace") || ps_take(shell, "-creplace") ||
                 ps_take(shell, "-ireplace"))
            value = replaced(shell, value, sum(shell));
        else if (ps_take(shell, "-split"))
            value = split(shell, value, ps_text(shell, sum(shell)));
        else if (ps_take(shell, "-join"))
            value = joined(shell, value, ps_text(shell, sum(shell)));
        else if (ps_take(shell, "-eq"))
            value = ps_text_value(bytes_equal(ps_text(shell, value), ps_text(shell, sum(shell)))
                                      ? BYTES("True")
                                      : BYTES("False"));
        else
            break;
    }
    return value;
}
