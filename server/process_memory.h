#pragma once

namespace kismet {

/// Keeps what answers have freed for those that come next: they come and go by the megabyte, and would else give their
/// memory back to the system each time and fetch it again, page by page.
void keep_freed_memory();

/// Lets go of the code that only the start needed. Code is read from its file again where it runs after all.
void drop_startup_code();

}  // namespace kismet
