// Logs of a whole chain, piece by piece: an answer with all logs of a busy contract would be too large for either side.

import { hex } from "./format.js";
import { RpcError } from "./rpc.js";

const FIRST = 20_000;
const FEW = 500;
const MANY = 5_000;

/**
 * The logs between two blocks, newest first: yields {logs, from, to} of one stretch of blocks after the other, `logs` in their
 * order. Stretches get shorter where there is much, and where a node allows no longer ones.
 */
export async function* newestFirst(chain, filter, first, last) {
  let span = FIRST;
  let to = last;
  while (to >= first) {
    const from = Math.max(first, to - span + 1);
    let logs;
    try {
      logs = await chain.call("eth_getLogs", { ...filter, fromBlock: hex(from), toBlock: hex(to) });
    } catch (problem) {
      if (!(problem instanceof RpcError) || span === 1 || from === to) throw problem;
      span = Math.max(1, Math.floor((to - from + 1) / 4));
      continue;
    }
    yield { logs, from, to };
    to = from - 1;
    if (logs.length > MANY) span = Math.max(1, Math.floor(span / 2));
    else if (logs.length < FEW) span *= 2;
  }
}
