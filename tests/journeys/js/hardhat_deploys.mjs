// Deploys creation codes through Hardhat's own provider: it estimates the gas, signs with its own key and sends.
import { readFileSync } from "node:fs";
import { network } from "hardhat";

const { provider } = await network.connect({ network: "devnet" });
const request = (method, ...params) => provider.request({ method, params });
const [from] = await request("eth_accounts");
for (const data of JSON.parse(readFileSync(process.env.CREATIONS, "utf8"))) {
  const hash = await request("eth_sendTransaction", { from, data });
  let receipt = null;
  while (receipt === null) receipt = await request("eth_getTransactionReceipt", hash);
  const { gas } = await request("eth_getTransactionByHash", hash);
  console.log(JSON.stringify({ gas, gasUsed: receipt.gasUsed, status: receipt.status, at: receipt.contractAddress }));
}
