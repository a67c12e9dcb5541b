/* Which functions the shared library shows to the outside. */
#ifndef FOCL_EXPORT_H
#define FOCL_EXPORT_H

#if defined(_WIN32) && !defined(FOCL_STATIC)
#ifdef FOCL_BUILDING
#define FOCL_API __declspec(dllexport)
#else
#define FOCL_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define FOCL_API __attribute__((visibility("default")))
#else
#define FOCL_API
#endif

#endif
