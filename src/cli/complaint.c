#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

bool focl__complain(focl__complaint *complaint, int exit_status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
    va_end(arguments);
    complaint->exit_status = exit_status;
    return false;
}
