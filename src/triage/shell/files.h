/*
 * triage/shell/files.h -- the imitation filesystem.
 *
 * A constant table of what a fresh machine of each profile has, and over it what
 * the script wrote, made or removed. Contents hold holes where machines differ.
 * What the table does not name may still exist on a real machine.
 */
#ifndef TRIAGE_SHELL_FILES_H
#define TRIAGE_SHELL_FILES_H

#include "triage/shell/expand.h"

struct file_view {
    struct bytes path;
    const char *mode; /* "-rw-r--r--"; NULL: there is no such file */
    const char *owner, *group;
    struct bytes content;
    struct bytes target;    /* of a symbolic link */
    bool readable, written; /* by this user; by the script */
    struct text *text;      /* what the script writes to it */
};

/* One file of the script's own. */
struct file {
    struct file *next;
    struct bytes path;
    const char *mode; /* NULL: removed */
    struct text *text;
};

/* Absolute and without . and ..; relative (to where nobody knows) when the script stayed there. */
struct bytes path_resolve(struct machine *machine, struct bytes path);

struct file_view file_look(struct machine *machine, struct bytes resolved);
static inline bool file_is_directory(const struct file_view *view)
{
    return view->mode && view->mode[0] == 'd';
}

/* The script's own version of a file, made over whatever is there; NULL without memory. */
struct file *file_own(struct machine *machine, struct bytes resolved, const char *mode);

/*
 * Opened for writing: the text to write to, with its effect noted; NULL with *ret_why
 * ("Permission denied" …) when it cannot be, or when writes go nowhere (*ret_why NULL).
 */
struct text *file_write(struct machine *machine, struct bytes path, bool append,
                        const char **ret_why);

/* Whether this user may make or change a file there. */
bool file_writable(struct machine *machine, struct bytes resolved);

/* The names in a directory, sorted; a real machine may have more. */
void directory_list(struct machine *machine, struct bytes resolved, struct fields *out);

/* Contents of a file for a tool called `tool`; false after its complaint on standard error. */
bool file_read(struct machine *machine, struct bytes tool, struct bytes path,
               struct bytes *ret_content);

/* One row of the constant table. Contents of NULL: a file whose bytes nobody knows. */
struct file_entry {
    const char *path, *mode, *owner, *group, *content;
};
const struct file_entry *files_table(enum shell_profile profile, uint32_t *ret_count);
/* Its contents, which may be another system's of the same profile's kin. */
const char *files_content(enum shell_profile profile, const struct file_entry *entry);

#endif
