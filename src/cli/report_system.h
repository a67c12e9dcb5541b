/* The parts of a bug report that are not about devices, printed to stdout. */
#ifndef FOCL_CLI_REPORT_SYSTEM_H
#define FOCL_CLI_REPORT_SYSTEM_H

/* A line of a report: two blanks, a name, a value. */
void focl__report_line(const char *name, const char *value);
void focl__report_heading(const char *text);

/* The operating system; the environment variables that matter. */
void focl__report_system(void);

/* The OpenCL loader and the drivers that it has loaded: after the devices were listed. */
void focl__report_loader(void);

#endif
