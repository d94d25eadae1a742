import hardhatToolboxViem from "@nomicfoundation/hardhat-toolbox-viem";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  plugins: [hardhatToolboxViem],
  solidity: {
    version: "0.8.30",
    path: process.env.SOLC_PATH, // a compiler of your own; Hardhat fetches that version otherwise
  },
  networks: {
    default: {
      type: "http",
      url: process.env.MEGADEV_RPC_URL ?? "http://127.0.0.1:8545", // `megadev exec` and `megadev up`
    },
  },
});
