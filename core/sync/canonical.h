// sync/canonical.h - the form that a chunk's document gets for one project before it goes to a server, and that the server gives
// it too: what the id of a chunk in the cloud is computed from (docs/formats/sync.md, "Canonical documents").
#pragma once

#include <string>
#include <string_view>

namespace quipu::sync {

// The document with the project set where the project owns it, mutations checked and respelled, members sorted, every number
// as a double. The project is used as it is given. The result is the same when it is made canonical again.
//
// Error(kInvalid) where the document has another shape or a mutation is not complete: `mutations[3]: session payload id is
// required`. Memory: a small multiple of the document.
std::string canonicalize_chunk(std::string_view document, std::string_view project);

}  // namespace quipu::sync
