#include "server/process_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace kismet {

namespace {

/// Code is never written to (its pages are the file's), so nothing is lost with them.
int drop_code_of(dl_phdr_info* module, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (const ElfW(Phdr) & segment : std::span(module->dlpi_phdr, module->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (module->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = module->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void keep_freed_memory() {
  constexpr int kKept = 16 * 1024 * 1024;
  ::mallopt(M_TRIM_THRESHOLD, kKept);
}

void drop_startup_code() {
  ::dl_iterate_phdr(&drop_code_of, nullptr);
}

}  // namespace kismet
