# What decides whether an answer is right: problems, their truth and its judgement, for tests and focl-conformance. Free
# of Check; who links it says what becomes of a failure (test_fail).

set(truth_sources "")
foreach(part IN ITEMS activation_judgement activation_problem array_truth common formulas judge_elements judge_rows judgement
                      loss problem published recipes row_recipes rows truth values)
    list(APPEND truth_sources tests/support_${part}.c)
endforeach()
add_library(focl_truth STATIC ${truth_sources})
focl_compile_flags(focl_truth)
target_include_directories(focl_truth PUBLIC tests PRIVATE src)
target_link_libraries(focl_truth PUBLIC focl_static)
