#include "learn/linear_svm.h"

#include <errno.h>
#include <linear.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "learn/library.h"

/* weights[column * classes + class]; the constant column is the last. */
struct linear_svm {
    uint32_t columns, classes;
    float weights[];
};

enum { MAGIC = 0x3156534c /* "LSV1" */ };

static struct {
    pthread_once_t once;
    pthread_mutex_t turn;
    bool loaded;
    __typeof__(train) *train;
    __typeof__(free_and_destroy_model) *release;
    __typeof__(set_print_string_function) *silence;
} linear = {.once = PTHREAD_ONCE_INIT, .turn = PTHREAD_MUTEX_INITIALIZER};

static void say_nothing(const char *text)
{
    (void)text;
}

static void linear_load(void)
{
    const struct library_symbol symbols[] = {
        {"train", &linear.train},
        {"free_and_destroy_model", &linear.release},
        {"set_print_string_function", &linear.silence},
    };
    linear.loaded = library_load("liblinear.so.4", symbols, sizeof(symbols) / sizeof(*symbols));
    if (linear.loaded)
        linear.silence(say_nothing);
}

static int model_open(uint32_t columns, uint32_t classes, struct linear_svm **ret_model)
{
    if (columns == 0 || classes < 2 || classes > LINEAR_SVM_CLASSES ||
        columns > LINEAR_SVM_WEIGHTS / classes)
        return -EINVAL;
    size_t weights = ((size_t)columns + 1) * classes;
    struct linear_svm *model = calloc(1, sizeof(*model) + weights * sizeof(*model->weights));
    if (!model)
        return -ENOMEM;
    model->columns = columns;
    model->classes = classes;
    *ret_model = model;
    return 0;
}

/* The rows as LIBLINEAR wants them: numbered from 1, ended by -1, all in one block. */
struct rows {
    struct feature_node *nodes, **starts;
    double *sides;
};

static void rows_finish(struct rows *rows)
{
    free(rows->nodes);
    free(rows->starts);
    free(rows->sides);
}

static int rows_check(const struct linear_svm_options *options, const struct sparse_row *rows,
                      const uint32_t *labels, size_t count, size_t *ret_nodes)
{
    size_t nodes = 0;
    if (count == 0 || count > INT32_MAX || !(options->cost > 0) || !(options->tolerance > 0))
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        if (labels[i] >= options->classes)
            return -EINVAL;
        for (uint32_t j = 0; j < rows[i].count; j++)
            if (rows[i].columns[j] >= options->columns || !isfinite(rows[i].values[j]))
                return -EINVAL;
        nodes += (size_t)rows[i].count + 2;
    }
    *ret_nodes = nodes;
    return 0;
}

static int rows_make(const struct linear_svm_options *options, const struct sparse_row *rows,
                     size_t count, size_t nodes, struct rows *ret_rows)
{
    struct rows made = {malloc(nodes * sizeof(*made.nodes)), malloc(count * sizeof(*made.starts)),
                        malloc(count * sizeof(*made.sides))};
    if (!made.nodes || !made.starts || !made.sides) {
        rows_finish(&made);
        return -ENOMEM;
    }
    struct feature_node *next = made.nodes;
    for (size_t i = 0; i < count; i++) {
        made.starts[i] = next;
        for (uint32_t j = 0; j < rows[i].count; j++)
            *next++ = (struct feature_node){(int)rows[i].columns[j] + 1, (double)rows[i].values[j]};
        *next++ = (struct feature_node){(int)options->columns + 1, 1};
        *next++ = (struct feature_node){-1, 0};
    }
    *ret_rows = made;
    return 0;
}

/* The plane of `class`; one that no row has stays at "never". */
static void plane_fit(const struct linear_svm_options *options, const struct rows *rows,
                      const uint32_t *labels, size_t count, uint32_t class,
                      struct linear_svm *model)
{
    int sides[] = {1, -1};
    double costs[] = {options->class_costs ? options->class_costs[class] : 1, 1};
    struct parameter parameter = {.solver_type = L2R_L2LOSS_SVC_DUAL,
                                  .eps = options->tolerance,
                                  .C = options->cost,
                                  .nr_weight = 2,
                                  .weight_label = sides,
                                  .weight = costs};
    struct problem problem = {.l = (int)count,
                              .n = (int)options->columns + 1,
                              .y = rows->sides,
                              .x = rows->starts,
                              .bias = -1};
    size_t members = 0;
    for (size_t i = 0; i < count; i++) {
        members += labels[i] == class;
        rows->sides[i] = labels[i] == class ? 1 : -1;
    }
    if (members == 0 || members == count) {
        model->weights[(size_t)options->columns * options->classes + class] = members ? 1 : -1;
        return;
    }
    srand(1);
    struct model *plane = linear.train(&problem, &parameter);
    double sign = plane->label[0] == 1 ? 1 : -1;
    for (size_t i = 0; i <= options->columns; i++)
        model->weights[i * options->classes + class] = (float)(sign * plane->w[i]);
    linear.release(&plane);
}

int linear_svm_fit(const struct linear_svm_options *options, const struct sparse_row *rows,
                   const uint32_t *labels, size_t count, struct linear_svm **ret_model)
{
    struct linear_svm *model;
    struct rows made;
    size_t nodes;
    int error = rows_check(options, rows, labels, count, &nodes);
    if (error)
        return error;
    pthread_once(&linear.once, linear_load);
    if (!linear.loaded)
        return -ELIBACC;
    error = model_open(options->columns, options->classes, &model);
    if (error)
        return error;
    error = rows_make(options, rows, count, nodes, &made);
    if (error) {
        free(model);
        return error;
    }
    pthread_mutex_lock(&linear.turn);
    for (uint32_t class = 0; class < options->classes; class ++)
        plane_fit(options, &made, labels, count, class, model);
    pthread_mutex_unlock(&linear.turn);
    rows_finish(&made);
    *ret_model = model;
    return 0;
}

uint32_t linear_svm_columns(const struct linear_svm *model)
{
    return model->columns;
}

uint32_t linear_svm_classes(const struct linear_svm *model)
{
    return model->classes;
}

void linear_svm_add(const struct linear_svm *model, struct sparse_row row, float *scores)
{
    uint32_t classes = model->classes;
    for (uint32_t i = 0; i < row.count; i++) {
        if (row.columns[i] >= model->columns)
            continue;
        const float *weights = model->weights + (size_t)row.columns[i] * classes;
        for (uint32_t class = 0; class < classes; class ++)
            scores[class] += row.values[i] * weights[class];
    }
}

void linear_svm_score(const struct linear_svm *model, struct sparse_row row, float *ret_scores)
{
    memcpy(ret_scores, model->weights + (size_t)model->columns * model->classes,
           model->classes * sizeof(*ret_scores));
    linear_svm_add(model, row, ret_scores);
}

float linear_svm_weight(const struct linear_svm *model, uint32_t column, uint32_t class)
{
    return column < model->columns && class < model->classes
               ? model->weights[(size_t)column * model->classes + class]
               : 0;
}

/* Magic, columns, classes; then the columns that weigh anything: 1 + the distance from the one
 * before as a varint and the bits of the weights, u32; 0 ends. */
void linear_svm_save(const struct linear_svm *model, struct buffer *out)
{
    uint32_t last = 0;
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->columns);
    buffer_put_u32(out, model->classes);
    for (uint32_t column = 0; column <= model->columns; column++) {
        const float *weights = model->weights + (size_t)column * model->classes;
        bool weighs = false;
        for (uint32_t class = 0; class < model->classes; class ++)
            weighs = weighs || weights[class] != 0;
        if (!weighs)
            continue;
        buffer_put_varint(out, column - last + 1);
        last = column;
        for (uint32_t class = 0; class < model->classes; class ++)
            buffer_put_float(out, weights[class]);
    }
    buffer_put_varint(out, 0);
}

/* False: a column there is not, a number that is none, or an end too early. */
static bool weights_load(struct linear_svm *model, struct cursor *from)
{
    uint64_t column = 0;
    for (;;) {
        uint64_t step = cursor_varint(from);
        if (step == 0)
            return cursor_ok(from);
        if (step - 1 > model->columns - column)
            return false;
        column += step - 1;
        for (uint32_t class = 0; class < model->classes; class ++) {
            float weight = cursor_float(from);
            if (!isfinite(weight))
                return false;
            model->weights[column * model->classes + class] = weight;
        }
    }
}

int linear_svm_load(struct cursor *from, struct linear_svm **ret_model)
{
    struct linear_svm *model;
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    uint32_t columns = cursor_u32(from), classes = cursor_u32(from);
    if (!cursor_ok(from))
        return -EBADMSG;
    int error = model_open(columns, classes, &model);
    if (error)
        return error == -EINVAL ? -EBADMSG : error;
    if (!weights_load(model, from)) {
        free(model);
        return -EBADMSG;
    }
    *ret_model = model;
    return 0;
}

void linear_svm_close(struct linear_svm *model)
{
    free(model);
}
