/* triage/shell/powershell.h -- values and expressions of PowerShell. */
#ifndef TRIAGE_SHELL_POWERSHELL_H
#define TRIAGE_SHELL_POWERSHELL_H

#include "triage/shell/windows.h"

enum ps_kind { PS_nothing, PS_text, PS_number, PS_list, PS_client, PS_bytes };

struct ps_value {
    enum ps_kind kind;
    int64_t number;
    struct bytes text;  /* PS_bytes: the bytes */
    struct fields list; /* of texts */
};

struct powershell {
    struct machine *machine;
    struct bytes text;
    size_t at;
    bool failed; /* an expression nobody here can read */
};

struct ps_value ps_expression(struct powershell *shell);
/* A value by itself, without operators behind it. */
struct ps_value ps_primary(struct powershell *shell);
struct ps_value ps_number_value(int64_t number);
struct ps_value ps_text_value(struct bytes text);
struct bytes ps_text(struct powershell *shell, struct ps_value value);
/* The next character behind blanks, 0 at the end; line ends are not blanks. */
char ps_peek(struct powershell *shell);
/* Taken when it stands here, letters without case and as a whole word. */
bool ps_take(struct powershell *shell, const char *what);
/* A cmdlet by name, with its words; false when there is none. */
bool ps_cmdlet_run(struct powershell *shell, const struct fields *words);
/* Output of `script` run as a statement. */
struct bytes ps_capture(struct powershell *shell, struct bytes script);

#endif
