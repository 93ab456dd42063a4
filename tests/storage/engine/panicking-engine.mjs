// The query engine, but for one request that makes WebAssembly trap, as a panic in Rust does.
import { serve } from '../../../app/storage/engine/query-server.mjs'
import { QueryService } from '../../../app/storage/engine/query-service.mjs'

// (module (func (export "panic") unreachable))
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 9, 1, 5, 112, 97, 110, 105, 99, 0, 0, 10, 5, 1, 3, 0, 0, 11,
])
const { panic } = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports

class PanickingService extends QueryService {
  answer(request) {
    if (request.body.includes('panic in the answer')) panic()
    if (request.body.includes('panic elsewhere')) {
      setImmediate(panic)
      return new Promise(() => {})
    }
    return super.answer(request)
  }
}

serve(Number(process.argv[2]), new PanickingService())
