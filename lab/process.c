#include "lab/process.h"

#include "base/time.h"

enum { CHILD_DEPTH = 6 };

static void children_run(struct world *world, uint32_t parent, struct start start, int64_t end,
                         unsigned depth);

static uint32_t run(struct world *world, struct start start, int64_t life, int64_t limit,
                    unsigned depth)
{
    int64_t end = start.time + life;
    if (life == 0 || end > limit)
        end = limit;
    uint32_t slot = process_start(world, start);
    process_work(world, slot, start.time + 2000000, end, catalog_program(start.program)->work);
    if (depth < CHILD_DEPTH)
        children_run(world, slot, start, end, depth + 1);
    process_end(world, slot, end);
    return slot;
}

static int64_t usual_life(struct world *world, enum program_id program)
{
    double spread = 0.3 + random_unit(&world->random) + random_unit(&world->random) * 0.4;
    return (int64_t)(catalog_program(program)->life * spread * (double)TIME_SECOND);
}

static void children_run(struct world *world, uint32_t parent, struct start start, int64_t end,
                         unsigned depth)
{
    const struct program *program = catalog_program(start.program);
    for (unsigned i = 0; i < CHILDREN_MAX && program->children[i].program; i++) {
        struct child child = program->children[i];
        int64_t count = random_between(&world->random, child.low, child.high);
        for (int64_t n = 0; n < count; n++) {
            struct start own = {.host = start.host,
                                .program = child.program,
                                .parent = parent,
                                .user = start.user,
                                .time = random_between(&world->random, start.time + 5000000, end)};
            if (own.time >= end)
                return;
            if (n == 0 && child.low > 0) /* what must be there is there from the start */
                own.time = start.time + (end - start.time) / 64;
            run(world, own, usual_life(world, child.program), end, depth);
        }
    }
}

void process_children(struct world *world, uint32_t slot, int64_t from, int64_t to)
{
    const struct process *process = &world->processes[slot];
    struct start start = {.host = &world->enterprise.hosts[process->host],
                          .program = process->program,
                          .user = process->user,
                          .time = from};
    if (slot && from < to)
        children_run(world, slot, start, to, 1);
}

uint32_t process_run(struct world *world, struct start start, int64_t limit)
{
    return run(world, start, usual_life(world, start.program), limit, 0);
}

uint32_t process_run_for(struct world *world, struct start start, int64_t seconds, int64_t limit)
{
    return run(world, start, seconds * TIME_SECOND, limit, 0);
}
