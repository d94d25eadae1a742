// A chain over one WebSocket: requests and their answers, subscriptions and their messages.

export class Chain {
  #socket;
  #waiting = new Map();
  #listeners = new Map();
  #next = 1;

  static connect(url, WebSocketClass = WebSocket) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocketClass(url);
      socket.addEventListener("open", () => resolve(new Chain(socket)), { once: true });
      socket.addEventListener("error", () => reject(new Error(`no node answers at ${url}`)), { once: true });
    });
  }

  constructor(socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)));
    this.closed.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the connection was closed"));
    });
  }

  request(method, ...params) {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.reject(new Error("the connection was closed"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  async subscribe(listener, ...params) {
    // what is told before the answer arrives waits for its listener
    const id = await this.request("eth_subscribe", ...params);
    const early = this.#listeners.get(id) ?? [];
    this.#listeners.set(id, listener);
    for (const message of early) listener(message);
  }

  close() {
    this.#socket.close();
    return this.closed;
  }

  #hear(message) {
    if (message.method === "eth_subscription") {
      const { subscription, result } = message.params;
      const listener = this.#listeners.get(subscription);
      if (typeof listener === "function") listener(result);
      else this.#listeners.set(subscription, [...(listener ?? []), result]);
      return;
    }
    const { resolve, reject } = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result);
  }
}

// Sends the transaction that every block begins with: what the rollup is told of L1.
const DEPOSITOR = "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001";

// Mini-blocks as they come: numbers and users' transactions with their receipts.
export function watchMiniBlocks(chain, listener) {
  return chain.subscribe((block) => {
    const own = block.transactions.map(({ from }) => from !== DEPOSITOR);
    listener({
      number: Number(block.mini_block_number),
      block: Number(block.block_number),
      transactions: block.transactions.filter((_, index) => own[index]),
      receipts: block.receipts.filter((_, index) => own[index]),
    });
  }, "miniBlocks");
}

let last = Promise.resolve();

// Send, and get the receipt: the transaction has been executed then. Milliseconds are from before to after. However fast
// the clicks come, one is signed after the other, so that each has a nonce of its own.
export function send(chain, transaction) {
  const sent = last.then(() => sendNow(chain, transaction));
  last = sent.catch(() => {});
  return sent;
}

async function sendNow(chain, transaction) {
  const signed = await sign(chain, transaction);
  const began = performance.now();
  const receipt = await chain.request("eth_sendRawTransactionSync", signed);
  return { receipt, milliseconds: performance.now() - began };
}

// The devnet holds the keys of its accounts and signs for them.
async function sign(chain, transaction) {
  const nonce = await chain.request("eth_getTransactionCount", transaction.from, "pending");
  const gas = transaction.gas ?? (await chain.request("eth_estimateGas", transaction));
  const gasPrice = await chain.request("eth_gasPrice");
  const signed = await chain.request("eth_signTransaction", { ...transaction, nonce, gas, gasPrice });
  return signed.raw ?? signed;
}
