# Read by llama.cpp's own CMakeLists.txt after its `project()`. The Python package builds and installs its programs'
# common library, which takes longer than all the rest, and uses nothing of it.
set(LLAMA_BUILD_COMMON OFF)
