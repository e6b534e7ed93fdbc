#include "learn/radial_svm.h"

#include <errno.h>
#include <libsvm/svm.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "learn/library.h"

/* values[column * count + vector]: what a row's column meets stands side by side. */
struct radial_svm {
    uint32_t columns, count;
    double width, offset;
    double *weights; /* by vector */
    float *lengths;  /* squared, by vector */
    float *values;
};

enum { MAGIC = 0x31565352 /* "RSV1" */, BLOCK = 1024 /* vectors met together */ };

static const double width_most = 1e6;

static struct {
    pthread_once_t once;
    bool loaded;
    __typeof__(svm_train) *train;
    __typeof__(svm_free_and_destroy_model) *release;
    __typeof__(svm_set_print_string_function) *silence;
} radial = {.once = PTHREAD_ONCE_INIT};

static void say_nothing(const char *text)
{
    (void)text;
}

static void radial_load(void)
{
    const struct library_symbol symbols[] = {
        {"svm_train", &radial.train},
        {"svm_free_and_destroy_model", &radial.release},
        {"svm_set_print_string_function", &radial.silence},
    };
    radial.loaded = library_load("libsvm.so.3", symbols, sizeof(symbols) / sizeof(*symbols));
    if (radial.loaded)
        radial.silence(say_nothing);
}

static int model_open(uint32_t columns, uint32_t count, struct radial_svm **ret_model)
{
    if (columns == 0 || columns > RADIAL_SVM_COLUMNS || count == 0)
        return -EINVAL;
    if (count > RADIAL_SVM_VECTORS || count > RADIAL_SVM_VALUES / columns)
        return -E2BIG;
    struct radial_svm *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    model->columns = columns;
    model->count = count;
    model->weights = calloc(count, sizeof(*model->weights));
    model->lengths = calloc(count, sizeof(*model->lengths));
    model->values = calloc((size_t)columns * count, sizeof(*model->values));
    if (!model->weights || !model->lengths || !model->values) {
        radial_svm_close(model);
        return -ENOMEM;
    }
    *ret_model = model;
    return 0;
}

static void lengths_take(struct radial_svm *model)
{
    memset(model->lengths, 0, model->count * sizeof(*model->lengths));
    for (uint32_t column = 0; column < model->columns; column++) {
        const float *values = model->values + (size_t)column * model->count;
        for (uint32_t i = 0; i < model->count; i++)
            model->lengths[i] += values[i] * values[i];
    }
}

/* The rows as LIBSVM wants them: columns ascending from 1, ended by -1, all in one block. */
struct rows {
    struct svm_node *nodes, **starts;
    double *sides;
};

static void rows_finish(struct rows *rows)
{
    free(rows->nodes);
    free(rows->starts);
    free(rows->sides);
}

static int rows_check(const struct radial_svm_options *options, const struct sparse_row *rows,
                      const uint32_t *labels, size_t count, size_t *ret_nodes)
{
    size_t nodes = 0, ones = 0;
    if (count > INT32_MAX || options->columns == 0 || options->columns > RADIAL_SVM_COLUMNS ||
        !(options->cost > 0) || !(options->width > 0) || !(options->width <= width_most) ||
        !(options->tolerance > 0))
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        if (labels[i] > 1)
            return -EINVAL;
        for (uint32_t j = 0; j < rows[i].count; j++)
            if (rows[i].columns[j] >= options->columns || !isfinite(rows[i].values[j]))
                return -EINVAL;
        ones += labels[i];
        nodes += (size_t)rows[i].count + 1;
    }
    *ret_nodes = nodes;
    return ones && ones < count ? 0 : -EINVAL;
}

/* One row's columns in order, by way of `whole`, which is and stays all 0. */
static struct svm_node *row_put(const struct radial_svm_options *options, struct sparse_row row,
                                double *whole, struct svm_node *next)
{
    uint32_t first = options->columns, last = 0;
    for (uint32_t i = 0; i < row.count; i++) {
        whole[row.columns[i]] = (double)row.values[i];
        first = row.columns[i] < first ? row.columns[i] : first;
        last = row.columns[i] > last ? row.columns[i] : last;
    }
    for (uint32_t column = first; column <= last && first < options->columns; column++)
        if (whole[column] < 0 || whole[column] > 0) {
            *next++ = (struct svm_node){(int)column + 1, whole[column]};
            whole[column] = 0;
        }
    *next++ = (struct svm_node){-1, 0};
    return next;
}

static int rows_make(const struct radial_svm_options *options, const struct sparse_row *rows,
                     const uint32_t *labels, size_t count, size_t nodes, struct rows *ret_rows)
{
    struct rows made = {malloc(nodes * sizeof(*made.nodes)), malloc(count * sizeof(*made.starts)),
                        malloc(count * sizeof(*made.sides))};
    double *whole = calloc(options->columns, sizeof(*whole));
    if (!made.nodes || !made.starts || !made.sides || !whole) {
        rows_finish(&made);
        free(whole);
        return -ENOMEM;
    }
    struct svm_node *next = made.nodes;
    for (size_t i = 0; i < count; i++) {
        made.starts[i] = next;
        made.sides[i] = labels[i] ? 1 : -1;
        next = row_put(options, rows[i], whole, next);
    }
    free(whole);
    *ret_rows = made;
    return 0;
}

/* What LIBSVM found, as ours. */
static int vectors_take(const struct radial_svm_options *options, const struct svm_model *found,
                        struct radial_svm **ret_model)
{
    struct radial_svm *model;
    double sign = found->label[0] == 1 ? 1 : -1;
    int error = found->l > 0 ? model_open(options->columns, (uint32_t)found->l, &model) : -EINVAL;
    if (error)
        return error;
    model->width = options->width;
    model->offset = -sign * found->rho[0];
    for (uint32_t i = 0; i < model->count; i++) {
        model->weights[i] = sign * found->sv_coef[0][i];
        for (const struct svm_node *node = found->SV[i]; node->index != -1; node++)
            model->values[(size_t)(node->index - 1) * model->count + i] = (float)node->value;
    }
    lengths_take(model);
    *ret_model = model;
    return 0;
}

int radial_svm_fit(const struct radial_svm_options *options, const struct sparse_row *rows,
                   const uint32_t *labels, size_t count, struct radial_svm **ret_model)
{
    const struct svm_parameter parameter = {.svm_type = C_SVC,
                                            .kernel_type = RBF,
                                            .gamma = options->width,
                                            .cache_size = 256,
                                            .eps = options->tolerance,
                                            .C = options->cost,
                                            .shrinking = 1};
    struct rows made;
    size_t nodes;
    int error = rows_check(options, rows, labels, count, &nodes);
    if (error)
        return error;
    pthread_once(&radial.once, radial_load);
    if (!radial.loaded)
        return -ELIBACC;
    error = rows_make(options, rows, labels, count, nodes, &made);
    if (error)
        return error;
    struct svm_problem problem = {.l = (int)count, .y = made.sides, .x = made.starts};
    struct svm_model *found = radial.train(&problem, &parameter);
    error = found ? vectors_take(options, found, ret_model) : -ENOMEM;
    radial.release(&found);
    rows_finish(&made);
    return error;
}

uint32_t radial_svm_columns(const struct radial_svm *model)
{
    return model->columns;
}

uint32_t radial_svm_vectors(const struct radial_svm *model)
{
    return model->count;
}

/* The share of `count` vectors from `first` on. */
static double block_score(const struct radial_svm *model, struct sparse_row row, float length,
                          uint32_t first, uint32_t count)
{
    float products[BLOCK] = {0};
    double sum = 0;
    for (uint32_t j = 0; j < row.count; j++) {
        if (row.columns[j] >= model->columns)
            continue;
        const float *values = model->values + (size_t)row.columns[j] * model->count + first;
        for (uint32_t i = 0; i < count; i++)
            products[i] += row.values[j] * values[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        float distance = length + model->lengths[first + i] - 2 * products[i];
        sum += model->weights[first + i] * (double)expf((float)-model->width * distance);
    }
    return sum;
}

double radial_svm_score(const struct radial_svm *model, struct sparse_row row)
{
    double score = model->offset;
    float length = 0;
    for (uint32_t i = 0; i < row.count; i++)
        if (row.columns[i] < model->columns)
            length += row.values[i] * row.values[i];
    for (uint32_t first = 0; first < model->count; first += BLOCK) {
        uint32_t left = model->count - first;
        score += block_score(model, row, length, first, left < BLOCK ? left : BLOCK);
    }
    return score;
}

/* Magic, columns, vectors, width and offset; of each vector its weight and its columns as those of
 * linear_svm.c. */
void radial_svm_save(const struct radial_svm *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->columns);
    buffer_put_u32(out, model->count);
    buffer_put_double(out, model->width);
    buffer_put_double(out, model->offset);
    for (uint32_t i = 0; i < model->count; i++) {
        uint32_t last = 0;
        buffer_put_double(out, model->weights[i]);
        for (uint32_t column = 0; column < model->columns; column++) {
            float value = model->values[(size_t)column * model->count + i];
            if (value < 0 || value > 0) {
                buffer_put_varint(out, column - last + 1);
                buffer_put_float(out, value);
                last = column;
            }
        }
        buffer_put_varint(out, 0);
    }
}

static bool vector_load(struct radial_svm *model, uint32_t i, struct cursor *from)
{
    uint64_t column = 0, step;
    model->weights[i] = cursor_double(from);
    while ((step = cursor_varint(from)) != 0) {
        float value = cursor_float(from);
        if (step - 1 >= model->columns - column || !isfinite(value))
            return false;
        column += step - 1;
        model->values[column * model->count + i] = value;
    }
    return cursor_ok(from) && isfinite(model->weights[i]);
}

int radial_svm_load(struct cursor *from, struct radial_svm **ret_model)
{
    struct radial_svm *model;
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    uint32_t columns = cursor_u32(from), count = cursor_u32(from);
    double width = cursor_double(from), offset = cursor_double(from);
    if (!cursor_ok(from) || !(width <= width_most) || !(width > 0) || !isfinite(offset) ||
        count > cursor_left(from) / sizeof(double))
        return -EBADMSG;
    int error = model_open(columns, count, &model);
    if (error)
        return error == -ENOMEM ? error : -EBADMSG;
    model->width = width;
    model->offset = offset;
    for (uint32_t i = 0; i < count; i++)
        if (!vector_load(model, i, from)) {
            radial_svm_close(model);
            return -EBADMSG;
        }
    lengths_take(model);
    *ret_model = model;
    return 0;
}

void radial_svm_close(struct radial_svm *model)
{
    if (!model)
        return;
    free(model->weights);
    free(model->lengths);
    free(model->values);
    free(model);
}
