/* The cases of the conformance program: lines of its table, with what to run for them. */
#ifndef FOCL_TESTS_CONFORMANCE_CASE_H
#define FOCL_TESTS_CONFORMANCE_CASE_H

#include "conformance_run.h"

typedef struct conformance_case conformance_case;
typedef void conformance_function(conformance_run *run, const conformance_case *of);

/* Case of the table of all combinations, or, with an expectation, one that has its own name. */
struct conformance_case {
    char name[128]; /* no other case has it */
    const char *operation;
    const char *objective;
    const char *type;
    const char *targets;
    const char *mapping;
    const char *known_from;  /* named cases: who fails here, and where that is told; else NULL */
    const char *expectation; /* named cases: what must come */
    bool quick;              /* the thin run has it too */
    conformance_function *run;
    loss_recipe recipe; /* of a loss; its other fields are free for the case's function */
    uint64_t stream;    /* of random numbers */
    size_t number;      /* free for the case's function */
};

typedef struct conformance_list {
    conformance_case *cases;
    size_t count, room;
} conformance_list;

/* Adds a case. The name of one without a name is made of what it is. */
void conformance_add(conformance_list *list, const conformance_case *one);

/* All cases; freed by the caller. */
conformance_list conformance_list_create(void);
void conformance_list_free(conformance_list *list);

/* The parts of the list. */
void conformance_add_losses(conformance_list *list);
void conformance_add_activations(conformance_list *list);
void conformance_add_class_counts(conformance_list *list);
void conformance_add_arrays(conformance_list *list);
void conformance_add_named(conformance_list *list);

#endif
