/* What a bug report says of OpenCL's platforms and devices, printed to stdout. */
#ifndef FOCL_CLI_REPORT_DEVICES_H
#define FOCL_CLI_REPORT_DEVICES_H

#include "device_option.h"
#include "focl/device.h"

/*
 * The whole report: focl and what it was built with, the system, the loader, every platform and device, what was
 * refused, and which device is chosen and why. Every device that is available has to calculate a little.
 */
void focl__report(const focl_device_list *list, const focl__common_options *common);

#endif
