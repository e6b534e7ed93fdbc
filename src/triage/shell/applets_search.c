/* grep and find. */
#include "triage/shell/call.h"
#include "triage/shell/regex.h"

enum { PATTERNS = 16 };

struct grep {
    struct call *call;
    const struct arguments *arguments;
    struct regex *patterns[PATTERNS];
    uint32_t pattern_count;
    bool names;     /* in front of lines */
    uint64_t found; /* over all inputs */
};

static bool word_edge(struct bytes line, struct bytes match)
{
    size_t start = (size_t)(match.at - line.at), end = start + match.len;
    return (start == 0 || !is_name(line.at[start - 1])) &&
           (end == line.len || !is_name(line.at[end]));
}

/* The first match of any pattern at or after `from`. */
static bool line_find(struct grep *grep, struct bytes line, size_t from, struct bytes *ret_match)
{
    bool any = false;
    for (uint32_t i = 0; i < grep->pattern_count; i++) {
        struct regex_groups groups;
        for (size_t at = from; at <= line.len && regex_find(grep->patterns[i], line, at, &groups);
             at = (size_t)(groups.group[0].at - line.at) + 1) {
            struct bytes match = groups.group[0];
            if (grep->arguments->count['x'] && match.len != line.len)
                break;
            if (grep->arguments->count['w'] && !word_edge(line, match))
                continue;
            if (!any || match.at < ret_match->at ||
                (match.at == ret_match->at && match.len > ret_match->len))
                *ret_match = match;
            any = true;
            break;
        }
    }
    return any;
}

static void prefix_put(struct grep *grep, struct bytes name, uint64_t number, char mark)
{
    struct machine *machine = grep->call->machine;
    if (grep->names)
        machine_put_format(machine, 1, "%.*s%c", (int)name.len, name.at, mark);
    if (grep->arguments->count['n'] && number)
        machine_put_format(machine, 1, "%llu%c", (unsigned long long)number, mark);
    else if (grep->arguments->count['n'])
        machine_put_format(machine, 1, "%c%c", SHELL_HOLE_number, mark);
}

static void matches_put(struct grep *grep, struct bytes name, struct bytes line, uint64_t number)
{
    struct bytes match;
    for (size_t at = 0; at <= line.len && line_find(grep, line, at, &match);) {
        if (match.len) {
            prefix_put(grep, name, number, ':');
            call_put(grep->call, match);
            call_put(grep->call, BYTES("\n"));
        }
        at = (size_t)(match.at - line.at) + (match.len ? match.len : 1);
    }
}

struct context {
    int64_t after, before;
    int64_t pending;    /* lines still to be shown after a match */
    int64_t last_shown; /* index of the last line printed; -1: none */
};

static int64_t context_value(const struct arguments *arguments, char letter)
{
    int64_t value = 0;
    struct bytes text =
        arguments->count['C'] ? arguments->value['C'] : arguments->value[(int)letter];
    if (arguments->count[(int)letter])
        text = arguments->value[(int)letter];
    return text.len && text_integer(text, &value) && value > 0 ? value : 0;
}

static void context_line(struct grep *grep, struct bytes name, const struct fields *lines,
                         int64_t index, char mark)
{
    prefix_put(grep, name, (uint64_t)index + 1, mark);
    call_put(grep->call, lines->items[index]);
    call_put(grep->call, BYTES("\n"));
}

static void match_put(struct grep *grep, struct bytes name, const struct fields *lines,
                      int64_t index, struct context *context)
{
    int64_t first = index - context->before;
    first = first <= context->last_shown ? context->last_shown + 1 : first;
    first = first < 0 ? 0 : first;
    if ((context->before || context->after) && context->last_shown >= 0 &&
        first > context->last_shown + 1)
        call_put(grep->call, BYTES("--\n"));
    for (int64_t i = first; i < index; i++)
        context_line(grep, name, lines, i, '-');
    context_line(grep, name, lines, index, ':');
    context->last_shown = index;
    context->pending = context->after;
}

/* Lines with holes: what is written in them may match, the rest nobody knows. */
static bool unknown_line(struct grep *grep, struct bytes line, bool matches)
{
    if (!text_has_hole(line) || matches)
        return false;
    if (!grep->arguments->count['q'] && !grep->arguments->count['c'] &&
        !grep->arguments->count['l'])
        call_put(grep->call, BYTES("\x04"));
    grep->call->machine->result->guessed = true;
    return true;
}

/* A line that is there, and of which nothing is known. */
static bool holes_only(struct bytes line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!shell_is_hole(line.at[i]) || line.at[i] == SHELL_HOLE_lines)
            return false;
    return line.len > 0;
}

static void content_grep(struct grep *grep, struct bytes name, struct bytes content)
{
    const struct arguments *arguments = grep->arguments;
    struct machine *machine = grep->call->machine;
    struct context context = {context_value(arguments, 'A'), context_value(arguments, 'B'), 0, -1};
    struct fields lines = {0};
    struct bytes line, match;
    uint64_t found = 0, most = UINT64_MAX;
    bool unknown = false, likely = false,
         quiet = arguments->count['q'] || arguments->count['c'] || arguments->count['l'] ||
                 arguments->count['L'];
    int64_t limit;
    if (arguments->count['m'] && text_integer(arguments->value['m'], &limit) && limit >= 0)
        most = (uint64_t)limit;
    for (size_t at = 0; text_line(content, &at, &line);)
        fields_add(machine, &lines, line);
    for (uint32_t i = 0; i < lines.count && found < most && machine->flow == FLOW_none; i++) {
        struct bytes whole = lines.items[i];
        while (whole.len && whole.at[0] == SHELL_HOLE_lines) {
            unknown |= unknown_line(grep, (struct bytes){whole.at, 1}, false);
            whole = lines.items[i] = bytes_from(whole, 1);
        }
        if (whole.len == 0 && unknown && i + 1 == lines.count)
            break;
        bool matches = line_find(grep, whole, 0, &match);
        if (!arguments->count['v'] && unknown_line(grep, whole, matches)) {
            unknown = true;
            likely |= holes_only(whole);
            continue;
        }
        if (matches != !arguments->count['v']) {
            if (context.pending > 0 && !quiet) {
                context_line(grep, name, &lines, i, '-');
                context.last_shown = i;
                context.pending--;
            }
            continue;
        }
        found++;
        if (!quiet && arguments->count['o'])
            matches_put(grep, name, whole, i + 1);
        else if (!quiet)
            match_put(grep, name, &lines, i, &context);
    }
    if (arguments->count['c']) {
        prefix_put(grep, name, 1, ':');
        machine_put_format(machine, 1, unknown ? "%.0llu\x02\n" : "%llu\n",
                           (unsigned long long)(unknown ? 0 : found));
    } else if (arguments->count['l'] && found && !arguments->count['q'])
        machine_put_format(machine, 1, "%.*s\n", (int)name.len, name.at);
    grep->found += found + likely; /* among lines that may be there it is seldom */
}

static bool patterns_compile(struct grep *grep, struct bytes patterns)
{
    const struct arguments *arguments = grep->arguments;
    struct bytes name = bytes_base_name(grep->call->name), one;
    enum regex_kind kind = arguments->count['F'] || bytes_equal(name, BYTES("fgrep")) ? REGEX_fixed
                           : arguments->count['E'] || bytes_equal(name, BYTES("egrep"))
                               ? REGEX_extended
                           : arguments->count['P'] ? REGEX_perl
                                                   : REGEX_basic;
    if (patterns.len == 0)
        patterns = BYTES("\n");
    for (size_t at = 0; text_line(patterns, &at, &one) && grep->pattern_count < PATTERNS;) {
        struct regex *regex = regex_compile(grep->call->machine, one, kind,
                                            arguments->count['i'] > 0 || arguments->count['y'] > 0);
        if (!regex)
            return false;
        grep->patterns[grep->pattern_count++] = regex;
    }
    return true;
}

/* Every -e, or else the first operand; the count of operands used. */
static int patterns_collect(struct call *call, struct grep *grep)
{
    bool any = false;
    for (uint32_t i = 1; i + 1 < call->count; i++)
        if (bytes_equal(call->words[i], BYTES("-e"))) {
            any = true;
            if (!patterns_compile(grep, call->words[++i]))
                return -1;
        }
    if (!any && grep->arguments->count['e'])
        return patterns_compile(grep, grep->arguments->value['e']) ? 0 : -1;
    if (any)
        return 0;
    if (grep->arguments->operand_count == 0)
        return -1;
    return patterns_compile(grep, grep->arguments->operands[0]) ? 1 : -1;
}

static int grep_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments =
        arguments_parse(call, "EFGPivnclLqosxwrRHhye:f:A:B:C:m:azUIbTZ",
                        "extended-regexp=E fixed-strings=F perl-regexp=P ignore-case=i "
                        "invert-match=v line-number=n count=c only-matching=o recursive=r "
                        "files-with-matches=l quiet=q silent=q word-regexp=w regexp=e color=H "
                        "no-messages=s text=a include=f exclude=f max-count=m");
    struct grep grep = {.call = call, .arguments = &arguments};
    if (arguments.failed)
        return 2;
    int used = patterns_collect(call, &grep);
    if (used < 0) {
        machine_put_format(machine, 2, "Usage: grep %c\n%c", SHELL_HOLE_line, SHELL_HOLE_lines);
        return 2;
    }
    uint32_t files = arguments.operand_count - (uint32_t)used;
    struct bytes *names = arguments.operands + used;
    bool failed = false, recursive = arguments.count['r'] || arguments.count['R'];
    grep.names = (files > 1 || recursive || arguments.count['H']) && !arguments.count['h'];
    if (files == 0) {
        if (recursive)
            machine_put(machine, 1, BYTES("\x04"));
        else
            content_grep(&grep, BYTES("(standard input)"), machine_read(machine, 0));
    }
    for (uint32_t i = 0; i < files; i++) {
        struct bytes content;
        struct file_view view = file_look(machine, path_resolve(machine, names[i]));
        if (recursive && file_is_directory(&view)) {
            call_put(call, BYTES("\x04"));
            machine->result->guessed = true;
            grep.found++;
        } else if (file_is_directory(&view)) {
            machine_put_format(machine, 2, "grep: %.*s: Is a directory\n", (int)names[i].len,
                               names[i].at);
        } else if (!view.mode && (arguments.count['s'] || machine->profile == SHELL_busybox)) {
            failed = true;
            if (!arguments.count['s'])
                machine_put_format(machine, 2, "grep: %.*s: No such file or directory\n",
                                   (int)names[i].len, names[i].at);
        } else if (file_read(machine, call->name, names[i], &content))
            content_grep(&grep, names[i], content);
        else
            failed = true;
    }
    return grep.found && !(failed && !arguments.count['q']) ? 0 : failed ? 2 : 1;
}

/* --- find --- */

struct find {
    struct call *call;
    struct bytes name, iname, kind;
    uint32_t actions; /* index of -exec's command, 0 none */
    int64_t deepest;
    bool prints0, deletes, guess;
};

static void exec_run(struct find *find, struct bytes path)
{
    struct machine *machine = find->call->machine;
    struct fields words = {0};
    for (uint32_t i = find->actions; i < find->call->count; i++) {
        struct bytes word = find->call->words[i];
        if (bytes_equal(word, BYTES(";")) || bytes_equal(word, BYTES("+")))
            break;
        size_t mark = text_find(word, 0, BYTES("{}"));
        if (mark < word.len) {
            struct text text = {.arena = machine->arena};
            text_add(&text, (struct bytes){word.at, mark});
            text_add(&text, path);
            text_add(&text, bytes_from(word, mark + 2));
            word = text_bytes(&text);
        }
        fields_add(machine, &words, word);
    }
    if (words.count)
        command_run(machine, words.items, words.count, true);
}

static bool find_matches(const struct find *find, struct bytes path, const struct file_view *view)
{
    struct bytes name = bytes_base_name(path);
    if (find->guess || !view->mode)
        return false;
    if (find->name.at && !pattern_match(find->name, name, false))
        return false;
    if (find->iname.at && !pattern_match(find->iname, name, true))
        return false;
    char kind = view->mode[0] == '-' ? 'f' : view->mode[0];
    return !find->kind.at || (find->kind.len && find->kind.at[0] == kind);
}

static void find_walk(struct find *find, struct bytes path, int64_t depth)
{
    struct machine *machine = find->call->machine;
    struct bytes resolved = path_resolve(machine, path);
    struct file_view view = file_look(machine, resolved);
    if (!machine_step(machine, 0) || !machine_enter(machine))
        return;
    if (find_matches(find, path, &view)) {
        if (find->actions)
            exec_run(find, path);
        else
            machine_put_format(machine, 1, "%.*s%c", (int)path.len, path.at,
                               find->prints0 ? 0 : '\n');
    }
    if (file_is_directory(&view) && depth < find->deepest) {
        struct fields names = {0};
        directory_list(machine, resolved, &names);
        for (uint32_t i = 0; i < names.count && machine->flow == FLOW_none; i++) {
            bool slash = path.len && path.at[path.len - 1] == '/';
            find_walk(find,
                      text_format(machine->arena, "%.*s%s%.*s", (int)path.len, path.at,
                                  slash ? "" : "/", (int)names.items[i].len, names.items[i].at),
                      depth + 1);
        }
        if (!view.written && !find->actions)
            machine_put(machine, 1, BYTES("\x04"));
    }
    machine_leave(machine);
}

static int find_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct find find = {.call = call, .deepest = SHELL_DEPTH};
    uint32_t paths = 1;
    while (paths < call->count && call->words[paths].len && call->words[paths].at[0] != '-' &&
           call->words[paths].at[0] != '(' && call->words[paths].at[0] != '!')
        paths++;
    for (uint32_t i = paths; i < call->count; i++) {
        struct bytes word = call->words[i],
                     value = i + 1 < call->count ? call->words[i + 1] : BYTES("");
        if (bytes_equal(word, BYTES("-name")))
            find.name = value, i++;
        else if (bytes_equal(word, BYTES("-iname")))
            find.iname = value, i++;
        else if (bytes_equal(word, BYTES("-type")))
            find.kind = value, i++;
        else if (bytes_equal(word, BYTES("-maxdepth"))) {
            if (!text_integer(value, &find.deepest))
                return 1;
            i++;
        } else if (bytes_equal(word, BYTES("-exec")) || bytes_equal(word, BYTES("-execdir"))) {
            find.actions = i + 1;
            while (i < call->count && !bytes_equal(call->words[i], BYTES(";")) &&
                   !bytes_equal(call->words[i], BYTES("+")))
                i++;
        } else if (bytes_equal(word, BYTES("-print0")))
            find.prints0 = true;
        else if (!bytes_equal(word, BYTES("-print"))) {
            find.guess = true; /* a test nobody can make here */
            machine->result->guessed = true;
        }
    }
    int status = 0;
    for (uint32_t i = 1; i < paths || (i == 1 && paths == 1); i++) {
        struct bytes path = paths == 1 ? BYTES(".") : call->words[i];
        bool here = bytes_equal(path, BYTES("."));
        struct file_view view = file_look(machine, path_resolve(machine, path));
        if (here && !view.mode)
            call_put(call, find.name.at || find.kind.at ? BYTES("\x04") : BYTES(".\n\x04"));
        else if (!view.mode) {
            machine_put_format(machine, 2, "find: %s%.*s%s: No such file or directory\n",
                               machine->profile == SHELL_busybox ? "" : "'", (int)path.len, path.at,
                               machine->profile == SHELL_busybox ? "" : "'");
            status = 1;
        } else
            find_walk(&find, path, 0);
    }
    return status;
}

static const struct applet applets[] = {
    {"grep", grep_applet, 0},
    {"egrep", grep_applet, 0},
    {"fgrep", grep_applet, 0},
    {"find", find_applet, 0},
};

const struct applet_table applets_search = APPLET_TABLE(applets);
