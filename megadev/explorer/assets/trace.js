// What a transaction did: as megadev explains it, or as any node traces calls.

import { decode } from "./abi.js";
import { RpcError } from "./rpc.js";

/** {calls, error, stack, why}: `calls` in order, each with its depth; null where the node does not tell, and `why` not. */
export async function traceOf(chain, hash) {
  try {
    return { stack: [], ...(await chain.call("megadev_getStackTrace", hash)), isExplained: true };
  } catch (problem) {
    if (!(problem instanceof RpcError)) throw problem;
    const why = problem.isMissing ? "this node does not explain transactions" : problem.message;
    const root = await chain.ask(null, "debug_traceTransaction", hash, { tracer: "callTracer", tracerConfig: { withLog: true } });
    return root?.type ? { calls: flat(root), error: root.error ? reasonOf(root) : null, stack: [], isExplained: false } : { calls: null, error: null, stack: [], isExplained: false, why };
  }
}

/** The frames of a callTracer, and their logs, as a list. */
function flat(root) {
  const found = [];
  const waiting = [[root, 0]];
  while (waiting.length) {
    const [frame, depth] = waiting.pop();
    const input = frame.input ?? "0x";
    const text = frame.type.startsWith("CREATE") ? "creates a contract" : input === "0x" ? "transfer" : `${input.slice(0, 10)}(${Math.max(0, input.length / 2 - 5)} bytes)`;
    found.push({ depth, type: frame.type, to: frame.to, text, gasUsed: frame.gasUsed, value: frame.value, error: frame.error ? reasonOf(frame) : null, returned: null });
    for (const log of frame.logs ?? []) found.push({ depth: depth + 1, type: "LOG", text: log.topics[0] ?? "without topics" });
    for (const call of [...(frame.calls ?? [])].reverse()) waiting.push([call, depth + 1]);
  }
  return found;
}

function reasonOf(frame) {
  try {
    if (frame.output?.startsWith("0x08c379a0")) return decode([{ type: "string" }], `0x${frame.output.slice(10)}`)[0];
  } catch {
    // revert data of another form
  }
  return frame.revertReason || (frame.output?.length >= 10 ? `${frame.error} (${frame.output.slice(0, 10)})` : frame.error);
}
