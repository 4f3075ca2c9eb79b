/* SPDX-FileCopyrightText: 2026 Vynapse contributors
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Whole episodes of a population of NEAT, network and task in one call: reference/control_episode.py.
 * Episodes lie side by side in the lanes.
 */
#include "control.h"
#include "neat_forward.h"

enum { WIGGLES = 100 };

typedef struct {
    const double *starts;        /* (p or 1, episodes, states) */
    const float *shift, *scale;  /* (observations,): a network sees (o - shift) * scale */
    double *returns;             /* (p, episodes) */
    int32_t *steps;              /* (p, episodes) */
    uint8_t *over;               /* (p, episodes): ended before the limit */
    double *wiggle;              /* (p, episodes) */
    int64_t episodes, apart;     /* apart: states between the starts of two genomes, or 0 */
    int32_t task, limit, updates, actions;
    float gain, offset;          /* a number that acts is gain * output + offset */
} ExampleCall;

typedef struct {
    double states[MOST_STATES][WIDTH], total[WIDTH], alive[WIDTH];
    double wiggles[WIGGLES][WIDTH];
    int32_t steps[WIDTH], over[WIDTH];
    float actions[WIDTH];
} Stage;

INLINE void show(int task, const ExampleCall *trial, const Stage *stage, float *values) {
    float seen[MOST_SEEN][WIDTH];
    EACH_LANE(l) {
        double s[MOST_STATES], numbers[MOST_SEEN];
        for (int k = 0; k < states_of(task); k++) s[k] = stage->states[k][l];
        see(task, s, numbers);
        for (int k = 0; k < seen_of(task); k++) seen[k][l] = (float)numbers[k];
    }
    for (int k = 0; k < seen_of(task); k++)
        store(values + k * SPAN, (load(seen[k]) - all(trial->shift[k])) * all(trial->scale[k]));
}

/* One output is a number, or a choice between two by its sign; of several the highest is chosen. */
INLINE void act(const ExampleCall *trial, const Program *program, const float *values, Stage *stage) {
    lanes best = load(values + program->result[0] * SPAN), action = all(0.0f);
    if (program->outputs == 1) {
        action = all(trial->gain) * best + all(trial->offset);
        if (trial->actions) action = if_below(all(0.0f), action, all(1.0f), all(0.0f));
    }
    for (int32_t o = 1; o < program->outputs; o++) {
        const lanes output = load(values + program->result[o] * SPAN);
        action = if_below(best, output, all((float)o), action);
        best = if_below(best, output, output, best);
    }
    store(stage->actions, action);
}

/* Returns whether an episode goes on. */
INLINE int move(int task, Stage *stage, int32_t time) {
    double any = 0;
    EACH_LANE(l) {
        double s[MOST_STATES];
        const int lives = stage->alive[l] > 0.0;
        for (int k = 0; k < states_of(task); k++) s[k] = stage->states[k][l];
        const Outcome outcome = step_of(task, s, (double)stage->actions[l]);
        for (int k = 0; k < states_of(task); k++)
            stage->states[k][l] = lives ? s[k] : stage->states[k][l];
        const double more = stage->total[l] + outcome.reward;
        stage->total[l] = lives ? more : stage->total[l];
        stage->steps[l] += lives;
        stage->over[l] |= lives & outcome.over;
        stage->alive[l] = (lives & !outcome.over) ? 1.0 : 0.0;
    }
    if (task >= DOUBLE_POLE)
        EACH_LANE(l) {
            double sum = 0;
            for (int k = 0; k < 4; k++) {
                const double part = stage->states[k][l];
                sum = sum + (part < 0 ? -part : part);
            }
            double *const to = &stage->wiggles[time % WIGGLES][l];
            *to = stage->steps[l] == time + 1 ? sum : *to;
        }
    EACH_LANE(l) any = any + stage->alive[l];
    return any > 0;
}

/* Sum of the last 100 steps, the oldest first; 0 where there were fewer. */
INLINE double wiggle_of(const Stage *stage, int lane) {
    double sum = 0;
    const int32_t steps = stage->steps[lane];
    if (steps < WIGGLES) return 0;
    for (int32_t k = 0; k < WIGGLES; k++)
        sum = sum + stage->wiggles[(steps + k) % WIGGLES][lane];
    return sum;
}

INLINE void play(int task, const ExampleCall *trial, const Programs *programs, Stage *stage, float *values,
                 int64_t row, int64_t from) {
    const Program program = program_at(programs, row);
    const int64_t slots = program.inputs + 1 + programs->node_room, left = trial->episodes - from;
    const int states = states_of(task);
    const double *const starts = trial->starts + row * trial->apart;
    EACH_LANE(l) {
        const int64_t episode = l < left ? from + l : from;
        for (int k = 0; k < states; k++) stage->states[k][l] = starts[episode * states + k];
        stage->total[l] = 0;
        stage->steps[l] = stage->over[l] = 0;
        stage->alive[l] = l < left;
    }
    for (int64_t k = 0; k < program.inputs + 1 + program.steps; k++)
        store(values + k * SPAN, all(0.0f));
    store(values + program.inputs * SPAN, all(1.0f));
    for (int32_t time = 0; time < trial->limit; time++) {
        show(task, trial, stage, values);
        network_values(&program, values, slots, trial->updates, 1);
        act(trial, &program, values, stage);
        if (!move(task, stage, time)) break;
    }
    for (int l = 0; l < WIDTH && l < left; l++) {
        const int64_t to = row * trial->episodes + from + l;
        trial->returns[to] = stage->total[l];
        trial->steps[to] = stage->steps[l];
        trial->over[to] = (uint8_t)stage->over[l];
        trial->wiggle[to] = task >= DOUBLE_POLE ? wiggle_of(stage, l) : 0;
    }
}

#define PLAYS(TASK)                                                                            \
    static __attribute__((noinline)) void KERNEL(JOIN(play, TASK))(                            \
        const ExampleCall *trial, const Programs *programs, float *values, int64_t row, int64_t from) { \
        Stage stage;                                                                           \
        play(TASK, trial, programs, &stage, values, row, from);                                \
    }

PLAYS(CARTPOLE)
PLAYS(ACROBOT)
PLAYS(MOUNTAIN_CAR)
PLAYS(PENDULUM)
PLAYS(DOUBLE_POLE)
PLAYS(DOUBLE_POLE_NO_VELOCITIES)

/* Episodes of the genomes from `next` to `end` - 1, one genome after the other; threads that share
 * `next` share the genomes. Work as for neat_forward, each thread's own. */
EXPORT void KERNEL(control_play)(const ExampleCall *trial, const Programs *programs, float *work,
                                 int64_t *next, int64_t end) {
    for (int64_t row; (row = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) < end;)
        for (int64_t from = 0; from < trial->episodes; from += WIDTH) switch (trial->task) {
            case CARTPOLE:
                KERNEL(JOIN(play, CARTPOLE))(trial, programs, work, row, from);
                break;
            case ACROBOT:
                KERNEL(JOIN(play, ACROBOT))(trial, programs, work, row, from);
                break;
            case MOUNTAIN_CAR:
                KERNEL(JOIN(play, MOUNTAIN_CAR))(trial, programs, work, row, from);
                break;
            case PENDULUM:
                KERNEL(JOIN(play, PENDULUM))(trial, programs, work, row, from);
                break;
            case DOUBLE_POLE:
                KERNEL(JOIN(play, DOUBLE_POLE))(trial, programs, work, row, from);
                break;
            default:
                KERNEL(JOIN(play, DOUBLE_POLE_NO_VELOCITIES))(trial, programs, work, row, from);
            }
}
