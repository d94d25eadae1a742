Promise.withResolvers ??= () => {
  let resolve, reject
  const promise = new Promise((yes, no) => { resolve = yes; reject = no })
  return { promise, resolve, reject }
}
const { Instance, Server } = await import('prool')
const { createServer } = await import('node:net')
const free = () => new Promise((done) => {
  const probe = createServer().listen(0, () => { const { port } = probe.address(); probe.close(() => done(port)) })
})
const ask = async (url, method) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] })
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return (await answer.json()).result
}
const port = await free()
const options = { chainId: 777, port, blockTime: 1, accounts: 3, stepsTracing: true, pruneHistory: 10 }
const instance = Instance.anvil(options)
await instance.start()
console.log(await ask(`http://localhost:${port}`, 'eth_chainId'))
await instance.stop()
console.log(instance.status)
const pool = await free()
const server = Server.create({ instance: Instance.anvil(), port: pool })
await server.start()
await ask(`http://localhost:${pool}/1`, 'evm_mine')
for (const id of [1, 2]) console.log(await ask(`http://localhost:${pool}/${id}`, 'eth_blockNumber'))
await server.stop()
process.exit(0)
