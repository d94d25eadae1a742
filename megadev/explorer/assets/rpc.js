// A JSON-RPC client: requests of one turn travel as one batch; one WebSocket per chain carries subscriptions and comes back
// by itself after the node was away.

const RETRY = 1000;
const MISSING = -32601;

export class RpcError extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** Whether the node does not have the method. */
  get isMissing() {
    return this.code === MISSING;
  }
}

export class Chain {
  constructor(name, url) {
    this.name = name;
    this.url = new URL(url, location.href).href;
    this.isUp = true;
    this.onState = () => {};
    this.names = new Map();
    this.contracts = new Map();
    this.durations = new Map();
    this.reloads = [];
    this.waiting = [];
    this.id = 0;
    this.socket = null;
    this.subscriptions = new Set();
    this.pending = new Map();
  }

  /** The result of a method. Throws RpcError, or an Error where the node cannot be reached. */
  call(method, ...params) {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) queueMicrotask(() => this.send());
      this.waiting.push({ method, params, resolve, reject });
    });
  }

  /** As call; `otherwise` where the node does not have the method, or refuses. */
  async ask(otherwise, method, ...params) {
    try {
      return await this.call(method, ...params);
    } catch (problem) {
      if (problem instanceof RpcError) return otherwise;
      throw problem;
    }
  }

  async send() {
    const batch = this.waiting.splice(0, 100);
    if (this.waiting.length) queueMicrotask(() => this.send());
    const requests = batch.map(({ method, params }, index) => ({ jsonrpc: "2.0", id: index, method, params }));
    let answers;
    try {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(requests.length === 1 ? requests[0] : requests),
      });
      answers = [await response.json()].flat();
      this.tell(true);
    } catch {
      this.tell(false);
      for (const { reject } of batch) reject(new Error(`no node answers at ${this.url}`));
      return;
    }
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    batch.forEach(({ resolve, reject }, index) => {
      const answer = byId.get(index);
      if (answer === undefined) reject(new RpcError(answers[0]?.error ?? { code: 0, message: "no answer" }));
      else if (answer.error) reject(new RpcError(answer.error));
      else resolve(answer.result);
    });
  }

  tell(isUp) {
    if (isUp !== this.isUp) {
      this.isUp = isUp;
      this.onState(this);
    }
  }

  /**
   * Hear of `params` (eth_subscribe's) until the returned function is called. `began` is called whenever hearing begins, also
   * anew: what happened before may have been missed. Says nothing where there is no WebSocket.
   */
  subscribe(params, hear, began = () => {}) {
    const wanted = { params, hear, began, id: null };
    this.subscriptions.add(wanted);
    this.connect();
    if (this.socket?.readyState === WebSocket.OPEN) this.open(wanted);
    return () => {
      this.subscriptions.delete(wanted);
      if (wanted.id !== null && this.socket?.readyState === WebSocket.OPEN) this.write("eth_unsubscribe", [wanted.id], () => {});
      if (this.subscriptions.size === 0) this.socket?.close();
    };
  }

  connect() {
    if (this.socket !== null) return;
    const socket = new WebSocket(this.url.replace(/^http/, "ws"));
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.tell(true);
      for (const wanted of this.subscriptions) this.open(wanted);
    });
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      this.socket = null;
      this.pending.clear();
      for (const wanted of this.subscriptions) wanted.id = null;
      if (this.subscriptions.size) {
        this.tell(false);
        setTimeout(() => this.subscriptions.size && this.connect(), RETRY);
      }
    });
  }

  open(wanted) {
    this.write("eth_subscribe", wanted.params, (id) => {
      wanted.id = id;
      wanted.began();
    });
  }

  write(method, params, then) {
    this.id += 1;
    this.pending.set(this.id, then);
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id: this.id, method, params }));
  }

  hear(message) {
    if (message.method === "eth_subscription") {
      for (const wanted of this.subscriptions) if (wanted.id === message.params.subscription) wanted.hear(message.params.result);
    } else if (this.pending.has(message.id)) {
      if (message.error === undefined) this.pending.get(message.id)(message.result);
      this.pending.delete(message.id);
    }
  }
}
