/*
 * The Jacobians of rows: C x C entries each, from the C shares and complements that activation_rows.cl or
 * activation_pixels.cl have left. In a kernel of its own because it is bound by writing: every entry is a product of
 * two numbers that are in the cache, in whichever layout the rows were.
 *
 * Algorithm. The entries are walked by tiles (tile.clh) as they are written, FOCL_VECTOR at a time: within a line i of
 * a Jacobian, or from line to line where C is not a multiple of that. Here the elements of the layout are these
 * entries, its classes their columns.
 *
 * Barriers: none.
 */
#include "activation_work.clh"

/* An entry's line among all lines, its line and column within the Jacobian, and where the row's shares are. */
typedef struct {
    focl_size line;
    focl_size shares;
    uint i;
    uint j;
} focl_entry;

FOCL_FUNCTION focl_entry focl_entry_at(focl_size index, uint classes) {
    focl_entry entry;
    entry.line = index / classes;
    entry.j = (uint)(index - entry.line * classes);
    entry.shares = entry.line / classes * classes;
    entry.i = (uint)(entry.line - entry.shares);
    return entry;
}

FOCL_FUNCTION focl_entry focl_entry_next(focl_entry entry, uint classes) {
    if (++entry.j < classes)
        return entry;
    entry.j = 0;
    ++entry.line;
    if (++entry.i == classes) {
        entry.i = 0;
        entry.shares += classes;
    }
    return entry;
}

FOCL_FUNCTION real focl_entries_of_line(const focl_work *work, focl_entry entry) {
    const mask is_diagonal = (int)entry.j + FOCL_LANE_NUMBERS == (mask)((int)entry.i);
    const real p_j = FOCL_VLOAD(entry.shares + entry.j, work->shares);
    return focl_jacobian_entry(is_diagonal, FOCL_REAL(work->shares[entry.line]),
                               FOCL_REAL(work->complements[entry.line]), p_j, FOCL_KIND);
}

/* Lane by lane; behind the end there is nothing to read. */
FOCL_FUNCTION real focl_entries_of_lines(const focl_work *work, focl_size index, focl_entry entry) {
    focl_scalar p_i[FOCL_VECTOR], p_j[FOCL_VECTOR], complements[FOCL_VECTOR];
    focl_lane diagonal[FOCL_VECTOR];
    FOCL_ROLLED
    for (uint lane = 0; lane < FOCL_VECTOR; ++lane) {
        const int is_inside = work->layout.end - index > lane;
        p_i[lane] = is_inside ? work->shares[entry.line] : 0.0f;
        p_j[lane] = is_inside ? work->shares[entry.shares + entry.j] : 0.0f;
        complements[lane] = is_inside ? work->complements[entry.line] : 0.0f;
        diagonal[lane] = entry.i == entry.j ? -1 : 0;
        entry = focl_entry_next(entry, work->layout.classes);
    }
    return focl_jacobian_entry(FOCL_VLOAD(0, diagonal) != 0, FOCL_VLOAD(0, p_i), FOCL_VLOAD(0, complements),
                               FOCL_VLOAD(0, p_j), FOCL_KIND);
}

/* Everything for the vector of entries at an index. */
FOCL_FUNCTION real focl_process(const focl_work *work, focl_size index) {
    if (index >= work->layout.end)
        return FOCL_REAL(0.0f);
    const focl_entry entry = focl_entry_at(index, work->layout.classes);
    const real entries = work->layout.classes - entry.j >= FOCL_VECTOR ? focl_entries_of_line(work, entry)
                                                                       : focl_entries_of_lines(work, index, entry);
    const focl_size left = work->layout.end - index;
    if (left >= FOCL_VECTOR)
        focl_write(entries, work->jacobian, index);
    else
        focl_write_part(entries, work->jacobian, index, (uint)left);
    return FOCL_REAL(0.0f);
}

#include "tile.clh"

__kernel __attribute__((reqd_work_group_size(FOCL_GROUP, 1, 1))) void activation_jacobian(FOCL_ACTIVATION_PARAMETERS) {
    FOCL_MAKE_ACTIVATION_WORK(work);
    focl_walk_tiles(&work, 0, 0, 0, 0);
}
