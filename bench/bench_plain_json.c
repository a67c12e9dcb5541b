/* The medians of a run as JSON. */
#include "bench_plain_json.h"

bool bench_write_plain_json(FILE *file, const bench_findings *findings) {
    fprintf(file, "{\"passed\":%s,\"results\":[", findings->passed ? "true" : "false");
    for (size_t i = 0; i < findings->count; i++) {
        const bench_result *result = &findings->results[i];
        fprintf(file, "%s\n{\"group\":\"%s\",\"name\":\"%s\",\"seconds\":%.6g,\"share\":%.6g}", i ? "," : "",
                result->group, result->name, result->seconds.median, result->share);
    }
    fputs("]}\n", file);
    return !ferror(file);
}
