/* A stand-in for NVIDIA's libnvidia-ml.so: GPUs of a data centre that are not there, with noise as
 * such GPUs have it, and with faults on demand.
 *
 *   cc -shared -fPIC -O1 -o libnvidia-ml.so.1 nvml.c
 *
 * A file `script` beside the library says what is to be, one thing a line; it is read again at each
 * call that matters, so a test can change it at any time:
 *
 *   gpus N            how many (8 if the script does not say)
 *   lost I            GPU I has fallen off the bus
 *   forbidden I       GPU I is listed, and this process may not use it
 *   missing NAME      the call NAME (without nvml) answers NOT_SUPPORTED; up to 64 of them
 *   blank             unknown numbers are filled with ones, as real drivers do
 *   hang              GetUtilizationRates of GPU 1 never returns
 *   stubborn          SIGTERM and SIGINT are ignored
 *   slow MS           GetUtilizationRates takes so long
 *   crash             GetUtilizationRates ends the process
 *   chatty            GetUtilizationRates prints on standard output
 *   ecc N             every GPU has N corrected and N uncorrected errors more
 *   xid I N CODE      GPU I has N XID events of this code, once for each text of such a line
 *   mig I K           GPU I is split into K instances
 *   nodriver          Init finds no driver
 *   mismatch          Init finds a driver of another version
 *   pid P             the process that uses each GPU (1 if the script does not say)
 *
 * Only calls that the agent makes are here. Layouts and numbers are those of NVML's public ABI. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int ret;
enum { OK = 0, INVALID = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6, TOO_SMALL = 7,
       NO_DRIVER = 9, TIMEOUT = 10, LOST = 15, MISMATCH = 18 };

enum { MOST_GPUS = 16, MOST_PARTS = 7, LINKS = 18 };

/* A GPU, or a part of one. */
struct device {
    int gpu, part;
    double load, seen_s, energy_mj;
    unsigned long long random;
};

static struct device gpus[MOST_GPUS];
static struct device parts[MOST_GPUS][MOST_PARTS];

static struct {
    int gpus, blank, hang, crash, chatty, nodriver, mismatch, slow_ms, pid;
    unsigned long long ecc;
    int lost[MOST_GPUS], forbidden[MOST_GPUS], mig[MOST_GPUS];
    char missing[64][64];
    int missings;
    /* Events that were asked for, and how many of them were delivered. */
    struct { char line[256]; int gpu, left; unsigned long long code; } xid[16];
    int xids;
} script;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_ms(int ms) {
    struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
    nanosleep(&t, NULL);
}

static void remember_xid(const char *line, int gpu, int count, unsigned long long code) {
    for (int i = 0; i < script.xids; i++)
        if (!strcmp(script.xid[i].line, line)) return;
    if (script.xids == 16) return;
    snprintf(script.xid[script.xids].line, sizeof script.xid[0].line, "%s", line);
    script.xid[script.xids].gpu = gpu;
    script.xid[script.xids].left = count;
    script.xid[script.xids].code = code;
    script.xids++;
}

/* Reads the script; the lock is held. */
static void read_script(void) {
    static char path[4096];
    if (!path[0]) {
        Dl_info info;
        if (!dladdr((void *)&read_script, &info) || !info.dli_fname) return;
        snprintf(path, sizeof path - 16, "%s", info.dli_fname);
        char *slash = strrchr(path, '/');
        strcpy(slash ? slash + 1 : path, "script");
    }
    script.gpus = 8;
    script.blank = script.hang = script.crash = script.chatty = 0;
    script.nodriver = script.mismatch = script.slow_ms = script.missings = 0;
    script.pid = 1;
    script.ecc = 0;
    memset(script.lost, 0, sizeof script.lost);
    memset(script.forbidden, 0, sizeof script.forbidden);
    memset(script.mig, 0, sizeof script.mig);
    FILE *file = fopen(path, "r");
    if (!file) return;
    char line[256], word[64];
    while (fgets(line, sizeof line, file)) {
        int a = 0, b = 0;
        unsigned long long c = 0;
        char name[64] = "";
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%63s", word) != 1) continue;
        sscanf(line, "%*s %d %d %llu", &a, &b, &c);
        int in = a >= 0 && a < MOST_GPUS;
        if (!strcmp(word, "gpus")) script.gpus = a <= MOST_GPUS ? a : MOST_GPUS;
        else if (!strcmp(word, "lost") && in) script.lost[a] = 1;
        else if (!strcmp(word, "forbidden") && in) script.forbidden[a] = 1;
        else if (!strcmp(word, "mig") && in) script.mig[a] = b <= MOST_PARTS ? b : MOST_PARTS;
        else if (!strcmp(word, "xid") && in) remember_xid(line, a, b, c);
        else if (!strcmp(word, "blank")) script.blank = 1;
        else if (!strcmp(word, "hang")) script.hang = 1;
        else if (!strcmp(word, "crash")) script.crash = 1;
        else if (!strcmp(word, "chatty")) script.chatty = 1;
        else if (!strcmp(word, "nodriver")) script.nodriver = 1;
        else if (!strcmp(word, "mismatch")) script.mismatch = 1;
        else if (!strcmp(word, "slow")) script.slow_ms = a;
        else if (!strcmp(word, "pid")) script.pid = a;
        else if (!strcmp(word, "ecc")) script.ecc = (unsigned long long)a;
        else if (!strcmp(word, "stubborn")) {
            signal(SIGTERM, SIG_IGN);
            signal(SIGINT, SIG_IGN);
        } else if (!strcmp(word, "missing") && script.missings < 64
                   && sscanf(line, "%*s %63s", name) == 1)
            strcpy(script.missing[script.missings++], name);
    }
    fclose(file);
}

static int is_missing(const char *function) {
    for (int i = 0; i < script.missings; i++)
        if (!strcmp(script.missing[i], function + 4)) return 1;
    return 0;
}

/* What every call begins with: a GPU that is lost, and a call that this one does not know. */
#define BEGIN(d) \
    do { \
        if (!(d)) return INVALID; \
        if (script.lost[(d)->gpu]) return LOST; \
        if (is_missing(__func__)) return NOT_SUPPORTED; \
    } while (0)

static double noise(struct device *d) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        d->random ^= d->random << 13;
        d->random ^= d->random >> 7;
        d->random ^= d->random << 17;
        sum += (double)(d->random >> 11) / 9007199254740992.0 - 0.5;
    }
    return sum;
}

/* The load wanders; energy is power over time. */
static void go_on(struct device *d) {
    double now = seconds();
    d->load += 0.06 * noise(d);
    if (d->load < 0.05) d->load = 0.05;
    if (d->load > 0.98) d->load = 0.98;
    d->energy_mj += (now - d->seen_s) * (70000 + 620000 * d->load);
    d->seen_s = now;
}

static unsigned around(struct device *d, double idle, double full, double spread, double unit) {
    double x = idle + (full - idle) * d->load + spread * noise(d);
    return x < 0 ? 0 : (unsigned)(floor(x / unit) * unit);
}

static void begin(struct device *d, int gpu, int part) {
    d->gpu = gpu;
    d->part = part;
    d->load = 0.3 + 0.05 * gpu;
    d->seen_s = seconds();
    /* A driver's count outlives the program that reads it: this one starts no lower than before. */
    d->energy_mj = d->seen_s * 700000;
    d->random = 0x9E3779B97F4A7C15ULL * (unsigned)(gpu * 16 + part + 2);
    for (int i = 0; i < 8; i++) noise(d);
}

/* ---- Library ------------------------------------------------------------------------------- */

ret nvmlInit_v2(void) {
    pthread_mutex_lock(&lock);
    read_script();
    for (int g = 0; g < MOST_GPUS; g++) {
        begin(&gpus[g], g, -1);
        for (int p = 0; p < MOST_PARTS; p++) begin(&parts[g][p], g, p);
    }
    ret r = script.nodriver ? NO_DRIVER : script.mismatch ? MISMATCH : OK;
    pthread_mutex_unlock(&lock);
    return r;
}
ret nvmlShutdown(void) { return OK; }

static ret text(char *to, unsigned length, const char *from) {
    snprintf(to, length, "%s", from);
    return OK;
}
ret nvmlSystemGetDriverVersion(char *to, unsigned n) { return text(to, n, "570.172.08"); }
ret nvmlSystemGetNVMLVersion(char *to, unsigned n) { return text(to, n, "12.570.172.08"); }
ret nvmlSystemGetCudaDriverVersion_v2(int *version) {
    *version = 12080;
    return OK;
}
ret nvmlDeviceGetCount_v2(unsigned *count) {
    pthread_mutex_lock(&lock);
    read_script();
    pthread_mutex_unlock(&lock);
    *count = (unsigned)script.gpus;
    return OK;
}
ret nvmlDeviceGetHandleByIndex_v2(unsigned i, struct device **d) {
    if (i >= (unsigned)script.gpus) return INVALID;
    if (script.forbidden[i]) return NO_PERMISSION;
    if (script.lost[i]) return LOST;
    *d = &gpus[i];
    return OK;
}

/* ---- What it is ---------------------------------------------------------------------------- */

ret nvmlDeviceGetUUID(struct device *d, char *to, unsigned n) {
    BEGIN(d);
    snprintf(to, n, "GPU-5eed0000-0000-4000-8000-%012d", d->gpu);
    return OK;
}
ret nvmlDeviceGetName(struct device *d, char *to, unsigned n) {
    BEGIN(d);
    return text(to, n, d->part < 0 ? "NVIDIA H100 80GB HBM3" : "NVIDIA H100 80GB HBM3 MIG 1g.10gb");
}
ret nvmlDeviceGetIndex(struct device *d, unsigned *i) {
    BEGIN(d);
    *i = (unsigned)d->gpu;
    return OK;
}
ret nvmlDeviceGetVbiosVersion(struct device *d, char *to, unsigned n) {
    BEGIN(d);
    return text(to, n, "96.00.A5.00.01");
}
ret nvmlDeviceGetCudaComputeCapability(struct device *d, int *major, int *minor) {
    BEGIN(d);
    *major = 9;
    *minor = 0;
    return OK;
}

/* A number that does not change. */
#define FIXED(name, value) \
    ret name(struct device *d, unsigned *to) { \
        BEGIN(d); \
        *to = script.blank ? 0xFFFFFFFFu : (value); \
        return OK; \
    }
FIXED(nvmlDeviceGetArchitecture, 9)
FIXED(nvmlDeviceGetComputeMode, 0)
FIXED(nvmlDeviceGetPersistenceMode, 1)
FIXED(nvmlDeviceGetNumFans, 0)
FIXED(nvmlDeviceGetEnforcedPowerLimit, 700000)
FIXED(nvmlDeviceGetPowerManagementDefaultLimit, 700000)
FIXED(nvmlDeviceGetPerformanceState, 0)
FIXED(nvmlDeviceGetCurrPcieLinkGeneration, 5)
FIXED(nvmlDeviceGetMaxPcieLinkGeneration, 5)
FIXED(nvmlDeviceGetCurrPcieLinkWidth, 16)
FIXED(nvmlDeviceGetMaxPcieLinkWidth, 16)
FIXED(nvmlDeviceGetPcieReplayCounter, 3)
FIXED(nvmlDeviceGetMaxMigDeviceCount, MOST_PARTS)

ret nvmlDeviceGetFanSpeed_v2(struct device *d, unsigned fan, unsigned *to) {
    BEGIN(d);
    (void)fan;
    (void)to;
    return NOT_SUPPORTED;
}
ret nvmlDeviceGetPowerManagementLimitConstraints(struct device *d, unsigned *low, unsigned *high) {
    BEGIN(d);
    *low = 200000;
    *high = 700000;
    return OK;
}
ret nvmlDeviceGetEccMode(struct device *d, unsigned *now, unsigned *next) {
    BEGIN(d);
    *now = *next = 1;
    return OK;
}
ret nvmlDeviceGetTemperatureThreshold(struct device *d, int which, unsigned *to) {
    BEGIN(d);
    static const unsigned limits[] = { 92, 89, 95, 87 };
    if (which < 0 || which > 3) return NOT_SUPPORTED;
    *to = limits[which];
    return OK;
}
ret nvmlDeviceGetMaxClockInfo(struct device *d, int which, unsigned *to) {
    BEGIN(d);
    static const unsigned clocks[] = { 1980, 1980, 2619, 1545 };
    if (which < 0 || which > 3) return INVALID;
    *to = clocks[which];
    return OK;
}
ret nvmlDeviceGetApplicationsClock(struct device *d, int which, unsigned *to) {
    return nvmlDeviceGetMaxClockInfo(d, which, to);
}

/* ---- What it does -------------------------------------------------------------------------- */

struct utilization { unsigned gpu, memory; };
ret nvmlDeviceGetUtilizationRates(struct device *d, struct utilization *u) {
    pthread_mutex_lock(&lock);
    read_script();
    pthread_mutex_unlock(&lock);
    BEGIN(d);
    if (script.chatty) {
        printf("a library that prints\n{\"no\": \"line of ours\"}\n");
        fflush(stdout);
    }
    if (script.crash) _exit(3);
    if (script.slow_ms) pause_ms(script.slow_ms);
    while (script.hang && d->gpu == 1) pause_ms(1000);
    if (script.mig[d->gpu]) return NOT_SUPPORTED;
    go_on(d);
    u->gpu = around(d, 0, 100, 4, 1) % 101;
    u->memory = around(d, 0, 60, 3, 1) % 101;
    return OK;
}
struct memory { unsigned version; unsigned long long total, reserved, free, used; };
ret nvmlDeviceGetMemoryInfo_v2(struct device *d, struct memory *m) {
    BEGIN(d);
    m->total = d->part < 0 ? 85520809984ULL : 10468982784ULL;
    m->reserved = 571080704ULL;
    m->used = (unsigned long long)around(d, 4000, 74000, 20, 2) * 1048576 / (d->part < 0 ? 1 : 8);
    m->free = m->total - m->reserved - m->used;
    if (script.blank) m->reserved = 0xFFFFFFFFFFFFFFFFULL;
    return OK;
}
struct bar1 { unsigned long long total, free, used; };
ret nvmlDeviceGetBAR1MemoryInfo(struct device *d, struct bar1 *b) {
    BEGIN(d);
    b->total = 137438953472ULL;
    b->used = 5832704;
    b->free = b->total - b->used;
    return OK;
}
ret nvmlDeviceGetTemperature(struct device *d, int sensor, unsigned *to) {
    BEGIN(d);
    if (sensor != 0) return INVALID;
    *to = script.blank ? 0xFFFFFFFFu : around(d, 38, 70, 1, 1);
    return OK;
}
ret nvmlDeviceGetPowerUsage(struct device *d, unsigned *to) {
    BEGIN(d);
    *to = around(d, 70000, 690000, 9000, 1);
    return OK;
}
ret nvmlDeviceGetTotalEnergyConsumption(struct device *d, unsigned long long *to) {
    BEGIN(d);
    go_on(d);
    *to = (unsigned long long)d->energy_mj;
    return OK;
}
ret nvmlDeviceGetClockInfo(struct device *d, int which, unsigned *to) {
    BEGIN(d);
    switch (which) {
    case 0: case 1: *to = around(d, 1980, 1620, 40, 15); return OK;
    case 2: *to = 2619; return OK;
    case 3: *to = around(d, 1545, 1400, 30, 15); return OK;
    default: return INVALID;
    }
}
struct violation { unsigned long long reference, time; };
ret nvmlDeviceGetViolationStatus(struct device *d, int policy, struct violation *v) {
    BEGIN(d);
    v->reference = (unsigned long long)(seconds() * 1e9);
    v->time = policy == 0 ? (unsigned long long)(d->seen_s * 1e8) : 1284112000ULL;
    return OK;
}
ret nvmlDeviceGetTotalEccErrors(struct device *d, int kind, int since, unsigned long long *to) {
    BEGIN(d);
    *to = script.ecc + (since == 1 ? 2 : 0) * (kind == 0);
    return OK;
}
ret nvmlDeviceGetEncoderUtilization(struct device *d, unsigned *to, unsigned *period_us) {
    BEGIN(d);
    *to = around(d, 0, 40, 3, 1);
    *period_us = 167000;
    return OK;
}
ret nvmlDeviceGetDecoderUtilization(struct device *d, unsigned *to, unsigned *period_us) {
    BEGIN(d);
    *to = around(d, 0, 30, 3, 1);
    *period_us = 167000;
    return OK;
}
ret nvmlDeviceGetEncoderStats(struct device *d, unsigned *n, unsigned *fps, unsigned *latency_us) {
    BEGIN(d);
    *n = 2;
    *fps = around(d, 20, 60, 2, 1);
    *latency_us = around(d, 3000, 9000, 700, 1);
    return OK;
}
ret nvmlDeviceGetCurrentClocksThrottleReasons(struct device *d, unsigned long long *to) {
    BEGIN(d);
    *to = d->load > 0.6 ? 4 : d->load < 0.1 ? 1 : 0;
    return OK;
}
ret nvmlDeviceGetPcieThroughput(struct device *d, int way, unsigned *to) {
    BEGIN(d);
    pause_ms(20);
    *to = around(d, 900, way ? 1.1e6 : 2.4e6, 90000, 1);
    return OK;
}

struct value { unsigned field, scope; long long at, latency; int type, answer;
               unsigned long long value; };
ret nvmlDeviceGetFieldValues(struct device *d, int count, struct value *v) {
    BEGIN(d);
    for (int i = 0; i < count; i++) {
        v[i].type = 1;
        v[i].answer = OK;
        switch (v[i].field) {
        case 82: v[i].value = script.blank ? 0xFFFFFFFFu : around(d, 44, 84, 1, 1); break;
        case 186: v[i].value = around(d, 70000, 690000, 15000, 1); break;
        case 142: v[i].value = 1; break;
        case 143: case 144: case 145: v[i].value = 0; break;
        default: v[i].answer = NOT_SUPPORTED;
        }
    }
    return OK;
}
ret nvmlDeviceGetNvLinkState(struct device *d, unsigned link, unsigned *up) {
    BEGIN(d);
    if (link >= LINKS) return INVALID;
    *up = link != 17;
    return OK;
}
ret nvmlDeviceGetNvLinkErrorCounter(struct device *d, unsigned link, int kind,
                                    unsigned long long *to) {
    BEGIN(d);
    if (link >= LINKS || kind > 3) return INVALID;
    *to = kind == 0 && link == 2 ? 5 : 0;
    return OK;
}

/* ---- Processes ----------------------------------------------------------------------------- */

struct process { unsigned pid; unsigned long long memory; unsigned gi, ci; };
static ret processes(struct device *d, unsigned *count, struct process *p, unsigned n) {
    if (*count < n) {
        *count = n;
        return TOO_SMALL;
    }
    *count = n;
    for (unsigned i = 0; i < n; i++) {
        p[i].pid = i ? 4294967294u : (unsigned)script.pid;
        p[i].memory = script.blank ? 0xFFFFFFFFFFFFFFFFULL
                                   : (unsigned long long)around(d, 1000, 30000, 1, 2) * 1048576;
        p[i].gi = p[i].ci = 0xFFFFFFFFu;
    }
    return OK;
}
ret nvmlDeviceGetComputeRunningProcesses_v3(struct device *d, unsigned *count, struct process *p) {
    BEGIN(d);
    return processes(d, count, p, 2);
}
ret nvmlDeviceGetGraphicsRunningProcesses_v3(struct device *d, unsigned *count, struct process *p) {
    BEGIN(d);
    return processes(d, count, p, 0);
}
struct usage { unsigned pid; unsigned long long at; unsigned sm, memory, encoder, decoder; };
ret nvmlDeviceGetProcessUtilization(struct device *d, struct usage *u, unsigned *count,
                                    unsigned long long since) {
    BEGIN(d);
    (void)since;
    if (!u) {
        *count = 100;
        return TOO_SMALL;
    }
    *count = 1;
    u[0].pid = (unsigned)script.pid;
    u[0].at = (unsigned long long)(seconds() * 1e6);
    u[0].sm = around(d, 0, 90, 3, 1) % 101;
    u[0].memory = around(d, 0, 50, 2, 1) % 101;
    u[0].encoder = u[0].decoder = 0;
    return OK;
}

/* ---- Parts (MIG) --------------------------------------------------------------------------- */

ret nvmlDeviceGetMigMode(struct device *d, unsigned *now, unsigned *next) {
    BEGIN(d);
    *now = *next = script.mig[d->gpu] > 0;
    return OK;
}
ret nvmlDeviceGetMigDeviceHandleByIndex(struct device *d, unsigned i, struct device **part) {
    BEGIN(d);
    if (i >= (unsigned)script.mig[d->gpu]) return NOT_FOUND;
    *part = &parts[d->gpu][i];
    go_on(*part);
    return OK;
}
ret nvmlDeviceGetGpuInstanceId(struct device *d, unsigned *id) {
    BEGIN(d);
    if (d->part < 0) return INVALID;
    *id = (unsigned)d->part + 7;
    return OK;
}
ret nvmlDeviceGetComputeInstanceId(struct device *d, unsigned *id) {
    BEGIN(d);
    if (d->part < 0) return INVALID;
    *id = 0;
    return OK;
}
struct attributes { unsigned sms, copy, decoders, encoders, jpeg, ofa, gi_slices, ci_slices;
                    unsigned long long memory_mb; };
ret nvmlDeviceGetAttributes_v2(struct device *d, struct attributes *a) {
    BEGIN(d);
    memset(a, 0, sizeof *a);
    a->sms = 16;
    a->gi_slices = a->ci_slices = 1;
    a->memory_mb = 9984;
    return OK;
}

/* ---- GPM ----------------------------------------------------------------------------------- */

struct sample { struct device *device; double load; };
struct metric { unsigned id; int answer; double value; const char *name, *long_name, *unit; };
struct metrics { unsigned version, count; struct sample *a, *b; struct metric metric[]; };
struct support { unsigned version, supported; };

ret nvmlGpmQueryDeviceSupport(struct device *d, struct support *s) {
    BEGIN(d);
    s->supported = 1;
    return OK;
}
ret nvmlGpmSampleAlloc(struct sample **s) {
    *s = calloc(1, sizeof **s);
    return *s ? OK : INVALID;
}
ret nvmlGpmSampleFree(struct sample *s) {
    free(s);
    return OK;
}
ret nvmlGpmSampleGet(struct device *d, struct sample *s) {
    BEGIN(d);
    s->device = d;
    s->load = d->load;
    return OK;
}
ret nvmlGpmMigSampleGet(struct device *d, unsigned gi, struct sample *s) {
    BEGIN(d);
    if (gi < 7 || gi >= 7u + (unsigned)script.mig[d->gpu]) return NOT_FOUND;
    return nvmlGpmSampleGet(&parts[d->gpu][gi - 7], s);
}
ret nvmlGpmMetricsGet(struct metrics *m) {
    for (unsigned i = 0; i < m->count; i++) {
        struct metric *x = &m->metric[i];
        double load = (m->a->load + m->b->load) / 2;
        x->answer = OK;
        x->value = load * (x->id < 20 ? 90 : 2000) + noise(m->b->device);
        if (x->value < 0) x->value = 0;
        if (script.blank) x->value = NAN;
        x->name = x->long_name = x->unit = NULL;
    }
    return OK;
}

/* ---- Events -------------------------------------------------------------------------------- */

struct event { struct device *device; unsigned long long type, data; unsigned gi, ci; };
ret nvmlDeviceGetSupportedEventTypes(struct device *d, unsigned long long *types) {
    BEGIN(d);
    *types = 1 | 2 | 4 | 8 | 16;
    return OK;
}
ret nvmlEventSetCreate(void **set) {
    static int only;
    *set = &only;
    return OK;
}
ret nvmlEventSetFree(void *set) {
    (void)set;
    return OK;
}
ret nvmlDeviceRegisterEvents(struct device *d, unsigned long long types, void *set) {
    BEGIN(d);
    (void)types;
    (void)set;
    return OK;
}
ret nvmlEventSetWait_v2(void *set, struct event *e, unsigned timeout_ms) {
    (void)set;
    double until = seconds() + timeout_ms / 1000.0;
    do {
        int gpu = -1;
        unsigned long long code = 0;
        pthread_mutex_lock(&lock);
        read_script();
        for (int i = 0; i < script.xids && gpu < 0; i++) {
            if (script.xid[i].left <= 0) continue;
            script.xid[i].left--;
            gpu = script.xid[i].gpu;
            code = script.xid[i].code;
        }
        pthread_mutex_unlock(&lock);
        if (gpu >= 0) {
            e->device = &gpus[gpu];
            e->type = 8;
            e->data = code;
            e->gi = e->ci = 0xFFFFFFFFu;
            return OK;
        }
        pause_ms(20);
    } while (seconds() < until);
    return TIMEOUT;
}
