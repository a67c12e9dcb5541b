#include "interrupt.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t came;
static struct sigaction before;

static void note(int number) {
    (void)number;
    came = 1;
}

/* SA_RESTART: the drivers' threads wait in system calls too, and need not know. */
void focl__interrupt_watch(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    came = 0;
    sigaction(SIGINT, NULL, &before);
    if (before.sa_handler == SIG_IGN)
        return;
    action.sa_handler = note;
    action.sa_flags = (int)(SA_RESTART | SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

bool focl__interrupted(void) {
    return came != 0;
}

void focl__interrupt_unwatch(void) {
    sigaction(SIGINT, &before, NULL);
}
