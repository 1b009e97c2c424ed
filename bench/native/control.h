/*
 * A native control: a table of C or C++ functions that work on the same Wasm memory, in the same process, as the core.
 *
 *   static double sum(unsigned char *memory, const double *in) { ... }
 *   CONTROLS({"sum", sum})
 *
 * From TypeScript: `attach(bytes)` once, then `sum(address, count)`; addresses are Wasm addresses, as in the core.
 * A control takes at most CONTROL_ARGUMENTS numbers and returns one number. Source: Node's own node_api.h (Node-API 8).
 * Cost: about 100 ns a call; do many rows per call.
 */
#ifndef BALLAST_CONTROL_H
#define BALLAST_CONTROL_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CONTROL_ARGUMENTS 8

typedef double (*control_function)(unsigned char *memory, const double *in);

typedef struct {
  const char *name;
  control_function call;
} control;

/* The Wasm memory; the TypeScript side keeps it alive, and it never grows. */
static unsigned char *control_memory;

static napi_value control_number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static napi_value control_attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value bytes;
  void *data = NULL;
  napi_get_cb_info(env, info, &count, &bytes, NULL, NULL);
  napi_get_typedarray_info(env, bytes, NULL, NULL, &data, NULL, NULL);
  control_memory = (unsigned char *)data;
  return control_number(env, data != NULL);
}

/* Milliseconds of CPU time of this thread: being descheduled does not count, unlike with a wall clock. */
static napi_value control_now(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return control_number(env, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
}

static napi_value control_call(napi_env env, napi_callback_info info) {
  size_t count = CONTROL_ARGUMENTS;
  napi_value values[CONTROL_ARGUMENTS];
  double in[CONTROL_ARGUMENTS] = {0};
  void *row = NULL;
  napi_get_cb_info(env, info, &count, values, NULL, &row);
  for (size_t i = 0; i < count && i < CONTROL_ARGUMENTS; ++i) napi_get_value_double(env, values[i], &in[i]);
  return control_number(env, ((const control *)row)->call(control_memory, in));
}

static void control_export(napi_env env, napi_value exports, const char *name, napi_callback callback, void *data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, exports, name, function);
}

/* One per file, at its end: the controls it offers. */
#define CONTROLS(...)                                                                        \
  static const control control_table[] = {__VA_ARGS__};                                      \
  NAPI_MODULE_INIT() {                                                                       \
    control_export(env, exports, "attach", control_attach, NULL);                            \
    control_export(env, exports, "now", control_now, NULL);                                  \
    for (size_t i = 0; i < sizeof control_table / sizeof *control_table; ++i)                \
      control_export(env, exports, control_table[i].name, control_call, (void *)&control_table[i]); \
    return exports;                                                                          \
  }

#endif
