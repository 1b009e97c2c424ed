/*
 * The compressor that everybody uses, as it is installed: liblz4, found at run time, so that no header of it is needed.
 * Distributions build it with -O2 or -O3 for plain x86-64; it sees the same pages in the same memory as the core.
 */
#include "control.h"
#include <dlfcn.h>

#define PAGE 4096

static int (*compress_default)(const char *, char *, int, int);
static int (*decompress_safe)(const char *, char *, int, int);

/* 1 if liblz4 is here. Before all else. */
static double find(unsigned char *memory, const double *in) {
  (void)memory, (void)in;
  void *library = dlopen("liblz4.so.1", RTLD_NOW);
  if (library == NULL) return 0;
  *(void **)&compress_default = dlsym(library, "LZ4_compress_default");
  *(void **)&decompress_safe = dlsym(library, "LZ4_decompress_safe");
  return compress_default != NULL && decompress_safe != NULL;
}

/* in: address, pages, block (4128 bytes), sizes (u32 a page; 4096 where the block is not smaller) */
static double size_run(unsigned char *memory, const double *in) {
  const char *page = (const char *)memory + (size_t)in[0];
  char *block = (char *)memory + (size_t)in[2];
  uint32_t *sizes = (uint32_t *)(memory + (size_t)in[3]);
  for (size_t i = 0; i < (size_t)in[1]; ++i) {
    int bytes = compress_default(page + i * PAGE, block, PAGE, PAGE + 32);
    sizes[i] = bytes < PAGE ? (uint32_t)bytes : PAGE;
  }
  return 0;
}

/* in: address of a page, block, bytes it may have. Returns its bytes, 0 if it does not fit. */
static double compress_page(unsigned char *memory, const double *in) {
  return compress_default((const char *)memory + (size_t)in[0], (char *)memory + (size_t)in[1], PAGE, (int)in[2]);
}

/* in: blocks (4096 bytes apart), sizes, how many, page. Returns the bytes made of them. */
static double decompress_run(unsigned char *memory, const double *in) {
  const char *block = (const char *)memory + (size_t)in[0];
  const uint32_t *sizes = (const uint32_t *)(memory + (size_t)in[1]);
  char *page = (char *)memory + (size_t)in[3];
  double bytes = 0;
  for (size_t i = 0; i < (size_t)in[2]; ++i) bytes += decompress_safe(block + i * PAGE, page, (int)sizes[i], PAGE);
  return bytes;
}

CONTROLS({"find", find}, {"sizeRun", size_run}, {"compressPage", compress_page}, {"decompressRun", decompress_run})
