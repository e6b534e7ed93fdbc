/*
 * The gradients that a layer hands back are those that small changes of its weights show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/dense.h"
#include "learn/layer.h"

enum { ROWS = 7, IN = 5, HIDDEN = 4, WEIGHTS = (IN + 1) * HIDDEN + HIDDEN + 1 };

static struct network {
    float weights[WEIGHTS], in[ROWS * IN], targets[ROWS];
    float hidden[ROWS * HIDDEN], out[ROWS];
    float gradients[WEIGHTS];
    struct layer layers[2];
} network;

static int network_make(void **state)
{
    struct random random = {5};
    (void)state;
    network.layers[0] = (struct layer){IN, HIDDEN, network.weights};
    network.layers[1] = (struct layer){HIDDEN, 1, network.weights + layer_size(&network.layers[0])};
    for (int i = 0; i < 2; i++)
        layer_begin(&network.layers[i], &random);
    for (uint32_t i = 0; i < HIDDEN; i++)
        network.layers[0].weights[IN * HIDDEN + i] = 0.1F * (float)i - 0.15F;
    network.layers[1].weights[HIDDEN] = 0.2F;
    for (uint32_t i = 0; i < ROWS * IN; i++)
        network.in[i] = (float)(2 * random_unit(&random) - 1);
    for (uint32_t i = 0; i < ROWS; i++)
        network.targets[i] = (float)(random_unit(&random) > 0.5);
    return dense_open();
}

/* Cross entropy, summed; hidden and out are what the layers said. */
static double forward(void)
{
    double loss = 0;
    layer_forward(&network.layers[0], network.in, ROWS, true, network.hidden);
    layer_forward(&network.layers[1], network.hidden, ROWS, false, network.out);
    for (uint32_t i = 0; i < ROWS; i++) {
        double odds = (double)network.out[i] + (double)network.layers[1].weights[HIDDEN];
        loss += log1p(exp(odds)) - (double)network.targets[i] * odds;
        network.out[i] = (float)(1 / (1 + exp(-odds)) - (double)network.targets[i]);
    }
    return loss;
}

/* With a rate of 0 nothing moves, and each layer's gradient stands where it is asked for. */
static void backward(void)
{
    float gradient[WEIGHTS] = {0}, handed[ROWS * HIDDEN], means[WEIGHTS] = {0},
          squares[WEIGHTS] = {0};
    struct layer_step step = {
        .rows = ROWS, .gradient = gradient, .handed = handed, .means = means, .squares = squares};
    size_t first = layer_size(&network.layers[0]);
    forward();
    for (uint32_t i = 0; i < ROWS; i++)
        gradient[HIDDEN] += network.out[i];
    network.gradients[first + HIDDEN] = gradient[HIDDEN];
    layer_back(&network.layers[1], network.hidden, network.out, &step, &network.layers[0],
               network.hidden);
    memcpy(network.gradients + first, gradient, HIDDEN * sizeof(float));
    layer_back(&network.layers[0], network.in, network.hidden, &step, NULL, NULL);
    memcpy(network.gradients, gradient, first * sizeof(float));
}

static void gradients_are_what_changes_show(void **state)
{
    const float change = 1e-2F;
    (void)state;
    backward();
    for (uint32_t i = 0; i < WEIGHTS; i++) {
        float kept = network.weights[i];
        network.weights[i] = kept + change;
        double above = forward();
        network.weights[i] = kept - change;
        double below = forward();
        network.weights[i] = kept;
        double shown = (above - below) / (2 * (double)change);
        if (fabs(shown - (double)network.gradients[i]) > 2e-3 + 0.02 * fabs(shown))
            fail_msg("weight %u: %g, changes show %g", i, (double)network.gradients[i], shown);
    }
}

static void steps_lower_the_loss_and_shrink(void **state)
{
    float weights[WEIGHTS], means[WEIGHTS] = {0}, squares[WEIGHTS] = {0}, gradient[WEIGHTS] = {0},
                            handed[ROWS * HIDDEN];
    struct layer_step step = {.rows = ROWS, .gradient = gradient, .handed = handed};
    size_t first = layer_size(&network.layers[0]);
    (void)state;
    memcpy(weights, network.weights, sizeof(weights));
    double before = forward(), after = before;
    for (uint64_t time = 1; time <= 50; time++) {
        memset(gradient, 0, sizeof(gradient));
        after = forward();
        for (uint32_t i = 0; i < ROWS; i++)
            gradient[HIDDEN] += network.out[i];
        step.rate = layer_rate(0.01, time);
        step.means = means + first, step.squares = squares + first;
        layer_back(&network.layers[1], network.hidden, network.out, &step, &network.layers[0],
                   network.hidden);
        step.means = means, step.squares = squares;
        layer_back(&network.layers[0], network.in, network.hidden, &step, NULL, NULL);
    }
    assert_true(after < 0.9 * before);
    step = (struct layer_step){.rows = ROWS,
                               .shrink = 0.5F,
                               .gradient = gradient,
                               .handed = handed,
                               .means = means,
                               .squares = squares};
    float weight = network.weights[0], bias = network.weights[IN * HIDDEN];
    layer_back(&network.layers[0], network.in, network.hidden, &step, NULL, NULL);
    assert_true(fabsf(network.weights[0] - weight / 2) < 1e-6F);
    assert_true(fabsf(network.weights[IN * HIDDEN] - bias) < 1e-6F);
    memcpy(network.weights, weights, sizeof(weights));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_what_changes_show),
        cmocka_unit_test(steps_lower_the_loss_and_shrink),
    };
    return cmocka_run_group_tests(tests, network_make, NULL);
}
