/* clGetExtensionFunctionAddress alone asks the loader itself; its follower asks a platform. */
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#include "report_system.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <dirent.h>

#include "console.h"
#include "focl/opencl.h"

extern char **environ;

enum { LINE_BYTES = 4096 };

void focl__report_heading(const char *text) {
    printf("\n%s%s%s\n", focl__bold(stdout), text, focl__plain(stdout));
}

void focl__report_line(const char *name, const char *value) {
    printf("  %-32s %s\n", name, value);
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* ---- The system ---- */

/* The value of NAME="value" in a file. */
static void report_setting(const char *name, const char *path, const char *key) {
    char line[LINE_BYTES];
    const size_t length = strlen(key);
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (starts_with(line, key) && line[length] == '=')
            focl__report_line(name, line + length + 1);
    }
    (void)fclose(file);
}

static void report_processors(void) {
#ifdef _SC_NPROCESSORS_ONLN
    char number[32];
    (void)snprintf(number, sizeof number, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    focl__report_line("processors", number);
#endif
}

/* What steers focl, OpenCL's loaders and drivers, and where libraries and decimal points come from. */
static bool matters(const char *variable) {
    static const char *const starts[] = {"FOCL_",   "OCL_",     "OPENCL_", "POCL_",     "RUSTICL_",        "OCLGRIND_",
                                         "MESA_",   "CUDA_",    "NEO",     "GPU_",      "LD_LIBRARY_PATH", "LD_PRELOAD",
                                         "LC_ALL=", "LC_NUME",  "LANG=",   "NO_COLOR=", "XDG_CACHE_HOME=", "OMP_",
                                         "HSA_",    "ROCR_VIS", "INTEL_",  "LP_NUM_"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (starts_with(variable, starts[i]))
            return true;
    return false;
}

static void report_environment(void) {
    focl__report_heading("Environment");
    for (char **variable = environ; *variable; variable++)
        if (matters(*variable))
            printf("  %s\n", *variable);
}

void focl__report_system(void) {
    struct utsname names;
    focl__report_heading("System");
    if (uname(&names) == 0) {
        focl__report_line("kernel", names.sysname);
        focl__report_line("release", names.release);
        focl__report_line("version", names.version);
        focl__report_line("machine", names.machine);
    }
    report_setting("distribution", "/etc/os-release", "PRETTY_NAME");
    report_processors();
    report_environment();
}

/* ---- The loader ---- */

/* The extension cl_loader_info, which not all headers know. */
typedef cl_int(CL_API_CALL *loader_info_function)(cl_uint name, size_t bytes, void *value, size_t *bytes_written);

static void report_loader_info(void) {
    static const struct {
        const char *name;
        cl_uint parameter;
    } facts[] = {{"loader", 3}, {"loader's vendor", 4}, {"loader's version", 2}, {"loader's OpenCL", 1}};
    void *address = clGetExtensionFunctionAddress("clGetICDLoaderInfoOCLICD");
    loader_info_function ask = NULL;
    if (!address)
        return;
    /* C has no cast from an object's address to a function's. */
    memcpy(&ask, &address, sizeof ask);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char text[256] = "";
        if (ask(facts[i].parameter, sizeof text - 1, text, NULL) == CL_SUCCESS)
            focl__report_line(facts[i].name, text);
    }
}

static bool is_driver(const char *path) {
    static const char *const parts[] = {"OpenCL", "opencl", "pocl", "oclgrind", "igdrcl", "amdocl"};
    const char *name = strrchr(path, '/');
    for (size_t i = 0; name && i < sizeof parts / sizeof *parts; i++)
        if (strstr(name, parts[i]))
            return true;
    return false;
}

/* Files stand in the map of this process's memory once for each of their parts. */
static void report_loaded_files(void) {
    char line[LINE_BYTES];
    char last[LINE_BYTES] = "";
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        return;
    while (fgets(line, sizeof line, maps)) {
        line[strcspn(line, "\n")] = '\0';
        const char *path = strchr(line, '/');
        if (!path || !is_driver(path) || strcmp(path, last) == 0)
            continue;
        focl__report_line("loaded", path);
        memcpy(last, path, strlen(path) + 1);
    }
    (void)fclose(maps);
}

/* The first line of such a file is the driver's. */
static void report_icd_file(const char *folder, const char *name) {
    char path[LINE_BYTES];
    char line[LINE_BYTES] = "cannot be read";
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file) {
        if (!fgets(line, sizeof line, file))
            *line = '\0';
        (void)fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    focl__report_line(path, line);
}

static void report_icd_files(void) {
    static const char folder[] = "/etc/OpenCL/vendors";
    DIR *directory = opendir(folder);
    for (const struct dirent *entry = directory ? readdir(directory) : NULL; entry; entry = readdir(directory))
        if (strstr(entry->d_name, ".icd"))
            report_icd_file(folder, entry->d_name);
    if (directory)
        (void)closedir(directory);
}

void focl__report_loader(void) {
    focl__report_heading("OpenCL loader");
    report_loader_info();
    report_loaded_files();
    report_icd_files();
}
