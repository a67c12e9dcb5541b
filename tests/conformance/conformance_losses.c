/*
 * The losses: every objective with every storage type, kind of targets and way through memory. Of what a program is
 * compiled for, labels' types, curvatures and reductions go by turns. The thin run has a table of its own.
 */
#include <string.h>

#include "conformance_case.h"
#include "support_formulas.h"
#include "support_recipes.h"

/* ---- What is combined ---- */

static const focl_type types[] = {FOCL_F32, FOCL_F16, FOCL_BF16, FOCL_F64};

/* Hard and soft targets share a program, and so do labels of one type. */
typedef enum target_kind { HARD, SOFT, LABELS, ONLY, KINDS } target_kind;

static const struct {
    const char *name;
    focl_type type;
} label_types[] = {
    {"u8 labels", FOCL_U8}, {"i32 labels", FOCL_I32}, {"i16 labels", FOCL_I16}, {"i64 labels", FOCL_I64}};

/* Extents of 0 take as many as there are elements left. */
typedef struct mapping {
    const char *name;
    focl_view view;
    bool is_of_elements; /* for dense targets of the sigmoid family, to which all layouts are one */
    bool is_wide;        /* more classes than fit an item's registers: labels of the softmax family only */
} mapping;

static const mapping mappings[] = {
    {"elements", {0, 1, 1}, true, false},     {"rows", {0, 10, 1}, false, false},
    {"pixels", {2, 19, 0}, false, false},     {"wide rows", {0, 150, 1}, false, true},
    {"wide pixels", {2, 80, 0}, false, true}, {"long rows", {0, 5000, 1}, false, true},
};

static const focl_reduction reductions[] = {FOCL_REDUCTION_MEAN,          FOCL_REDUCTION_SUM,
                                            FOCL_REDUCTION_NONE,          FOCL_REDUCTION_ROW_MEAN,
                                            FOCL_REDUCTION_WEIGHTED_MEAN, FOCL_REDUCTION_POSITIVE_MEAN};

/* A combination. */
typedef struct combination {
    const loss_formula *formula;
    size_t formula_number;
    focl_type type;
    target_kind kind;
    const mapping *way;
} combination;

static const char *operation_of(focl_activation activation) {
    static const char *const names[] = {"sigmoid", "probability", "softmax", "categorical"};
    return names[activation];
}

static bool is_of_rows(const loss_formula *of) {
    return of->activation == FOCL_SOFTMAX || of->activation == FOCL_CATEGORICAL;
}

static bool is_possible(const combination *of) {
    const bool dense = of->kind == HARD || of->kind == SOFT;
    const bool plain = of->formula->activation == FOCL_SOFTMAX && of->type == FOCL_F32 && of->kind == LABELS;
    if (of->way->is_wide)
        return plain;
    if (is_of_rows(of->formula))
        return of->kind != ONLY && !of->way->is_of_elements;
    return dense == of->way->is_of_elements;
}

/*
 * What of it the full run has. Essential formulas meet f32 in every way, other types in one way of each kind of
 * targets; the others meet f32 in one way, and one more type.
 */
static bool is_in_turn(const combination *of) {
    const bool is_f32 = of->type == FOCL_F32;
    const bool has_a_choice = !of->way->is_of_elements && !of->way->is_wide;
    const mapping *chosen = &mappings[1 + (of->formula_number + (size_t)of->type + (size_t)of->kind / 2) % 2];
    if (of->formula->is_essential && is_f32)
        return true;
    if (of->way->is_wide || (has_a_choice && of->way != chosen))
        return false;
    return of->formula->is_essential || is_f32 || (of->type == types[1 + of->formula_number % 3] && of->kind != ONLY);
}

/* ---- The recipe ---- */

static focl_view view_of(const mapping *way, size_t elements) {
    focl_view view = way->view;
    const size_t others = (view.outer ? view.outer : 1) * view.classes * (view.inner ? view.inner : 1);
    const size_t left = elements / others > 0 ? elements / others : 1;
    view.outer = view.outer ? view.outer : left;
    view.inner = view.inner ? view.inner : left | 1;
    return view;
}

/* With a gamma as high as these next to certain probabilities, a blend of both is below all that f32 has. */
static double clip_of(const combination *of) {
    return of->formula->activation == FOCL_IDENTITY && of->formula->objective != FOCL_MSE ? 0x1p-10 : 0;
}

static loss_recipe recipe_of(const combination *of, size_t turn) {
    const bool labels = of->kind == LABELS || of->kind == ONLY;
    loss_recipe recipe = {
        .name = of->formula->name,
        .description = loss_formula_description(of->formula, of->way->view, (focl_curvature)((turn + 1) % 3)),
        .soft = of->kind == SOFT,
    };
    focl_loss_description *description = &recipe.description;
    description->logits_type = of->type;
    description->targets_type = labels ? label_types[turn % COUNT_OF(label_types)].type : of->type;
    description->reduction = reductions[turn % COUNT_OF(reductions)];
    description->target_only = of->kind == ONLY;
    description->clip = clip_of(of);
    if (description->targets_type == FOCL_U8 && of->way->view.classes > 255)
        description->targets_type = FOCL_I32;
    return recipe;
}

static const char *targets_name(const loss_recipe *recipe) {
    for (size_t i = 0; i < COUNT_OF(label_types); i++)
        if (label_types[i].type == recipe->description.targets_type)
            return label_types[i].name;
    if (!loss_is_of_rows(&recipe->description))
        return recipe->soft ? "soft" : "hard";
    return recipe->soft ? "soft rows" : "one-hot";
}

/* "target-only" is a way through memory as well: only one logit of a row is read. */
static const char *mapping_name(const combination *of) {
    const bool rows = of->way->view.inner == 1;
    return of->kind != ONLY ? of->way->name : rows ? "target-only rows" : "target-only pixels";
}

/* ---- Running ---- */

enum { STREAMS = 2, QUICK_ELEMENTS = 400, ELEMENTS = 12000 };

static const mapping *way_of(const conformance_case *of) {
    return &mappings[of->number];
}

static void run_loss(conformance_run *run, const conformance_case *of) {
    const size_t elements = conformance_size(run, QUICK_ELEMENTS, ELEMENTS);
    for (size_t i = 0; i < conformance_size(run, 1, STREAMS); i++) {
        const loss_recipe shaped = loss_recipe_shaped(&of->recipe, view_of(way_of(of), elements));
        loss_problem problem = loss_problem_create(&shaped, of->stream + i);
        conformance_loss(run, &problem);
        loss_problem_free(&problem);
    }
}

/* ---- The list ---- */

/*
 * What the thin run has: every objective, type, kind of targets and way through memory, in as few programs as that
 * takes. Kinds that share a program come together; HARD stands for both.
 */
static const struct {
    focl_activation activation;
    const char *formula;
    focl_type type;
    target_kind kind;
    const char *way;
} thin[] = {
    {FOCL_SIGMOID, "focal, gamma 2", FOCL_F32, HARD, "elements"},
    {FOCL_SIGMOID, "focal, gamma 2", FOCL_F32, ONLY, "pixels"},
    {FOCL_SIGMOID, "smoothed focal, gamma 1.5", FOCL_F16, HARD, "elements"},
    {FOCL_SIGMOID, "poly-1, gamma 2", FOCL_F32, LABELS, "rows"},
    {FOCL_SIGMOID, "asymmetric, 0 and 4", FOCL_F64, HARD, "elements"},
    {FOCL_SIGMOID, "margin, 0 and 4", FOCL_F32, HARD, "elements"},
    {FOCL_SIGMOID, "quality, gamma 2.5", FOCL_F32, HARD, "elements"},
    {FOCL_SIGMOID, "varifocal, gamma 1.5", FOCL_F32, HARD, "elements"},
    {FOCL_SIGMOID, "squared error", FOCL_F32, HARD, "elements"},
    {FOCL_IDENTITY, "squared error of values", FOCL_F32, HARD, "elements"},
    {FOCL_IDENTITY, "focal, gamma 2", FOCL_F32, HARD, "elements"},
    {FOCL_SOFTMAX, "focal, gamma 2", FOCL_F32, LABELS, "pixels"},
    {FOCL_SOFTMAX, "focal, gamma 0.5", FOCL_F16, HARD, "pixels"},
    {FOCL_SOFTMAX, "smoothed focal, gamma 2", FOCL_BF16, LABELS, "pixels"},
    {FOCL_SOFTMAX, "poly-1, gamma 2", FOCL_F64, LABELS, "pixels"},
    {FOCL_SOFTMAX, "squared error", FOCL_F32, HARD, "pixels"},
    {FOCL_CATEGORICAL, "cross entropy", FOCL_F32, LABELS, "pixels"},
    {FOCL_CATEGORICAL, "focal, gamma 1.5", FOCL_F32, HARD, "pixels"},
};

static bool is_thin(const combination *of) {
    for (size_t i = 0; i < COUNT_OF(thin); i++)
        if (thin[i].activation == of->formula->activation && strcmp(thin[i].formula, of->formula->name) == 0 &&
            thin[i].type == of->type && thin[i].kind == (of->kind == SOFT ? HARD : of->kind) &&
            strcmp(thin[i].way, of->way->name) == 0)
            return true;
    return false;
}

static void add_combination(conformance_list *list, const combination *of) {
    const loss_recipe recipe = recipe_of(of, of->formula_number + (size_t)of->type);
    const conformance_case one = {
        .operation = operation_of(of->formula->activation),
        .objective = of->formula->name,
        .type = focl_type_name(of->type),
        .targets = targets_name(&recipe),
        .mapping = mapping_name(of),
        .quick = is_thin(of),
        .run = run_loss,
        .recipe = recipe,
        .stream = 1000 * list->count,
        .number = (size_t)(of->way - mappings),
    };
    conformance_add(list, &one);
}

static void add_formula(conformance_list *list, const loss_formula *formula, size_t number) {
    combination of = {.formula = formula, .formula_number = number};
    for (size_t way = 0; way < COUNT_OF(mappings); way++)
        for (size_t kind = 0; kind < KINDS; kind++)
            for (size_t type = 0; type < COUNT_OF(types); type++) {
                of.way = &mappings[way];
                of.kind = (target_kind)kind;
                of.type = types[type];
                if (is_possible(&of) && (is_in_turn(&of) || is_thin(&of)))
                    add_combination(list, &of);
            }
}

/* Recipes in which every option meets the others: weights, extents, ignored and background labels, normalisers. */
static void add_recipe(conformance_list *list, const loss_recipe *recipe, bool of_rows, bool quick) {
    const conformance_case one = {
        .operation = operation_of(recipe->description.activation),
        .objective = recipe->name,
        .type = focl_type_name(recipe->description.logits_type),
        .targets = targets_name(recipe),
        .mapping = of_rows ? "pixels" : "rows",
        .quick = quick,
        .run = run_loss,
        .recipe = *recipe,
        .stream = 1000 * list->count,
        .number = of_rows ? 2 : 1,
    };
    conformance_add(list, &one);
}

void conformance_add_losses(conformance_list *list) {
    for (size_t i = 0; i < loss_formula_count; i++)
        add_formula(list, &loss_formulas[i], i);
    for (size_t i = 0; i < loss_other_formula_count; i++)
        add_formula(list, &loss_other_formulas[i], i);
    for (size_t i = 0; i < loss_recipe_count; i++)
        add_recipe(list, &loss_recipes[i], false, i == 4);
    for (size_t i = 0; i < loss_row_recipe_count; i++)
        add_recipe(list, &loss_row_recipes[i], true, i == 4);
}
