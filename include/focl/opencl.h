/* The OpenCL header, at the version focl speaks: 1.2 calls only, whatever the device offers. */
#ifndef FOCL_OPENCL_H
#define FOCL_OPENCL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif

#ifdef __APPLE__
#include <OpenCL/opencl.h>
#else
#include <CL/cl.h>
#endif

#endif
