// Drives one client of npm: node node_client.mjs FOLDER NAME URL TOKEN NUMBER TEXT. It prints what python_client.py prints.
// The client's address is replaced in each request. A request never leaves this machine.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, name, url, token, number, text] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const realFetch = globalThis.fetch;
globalThis.fetch = (address, options) => {
  const { pathname, search } = new URL(address);
  return realFetch(`${url}${pathname}${search}`, options);
};

const data = (envelope) => {
  if (envelope.status !== "success") throw new Error(envelope.message);
  return envelope.data;
};

const clients = {
  "textlk-node": async ({ sendSMS }) => [
    ["send", async () => data(await sendSMS({ phoneNumber: number, message: text, apiToken: token, senderId: "HOMEHA" })).uid],
  ],
};

const { version } = JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`, "utf-8"));
console.log(JSON.stringify({ version }));
for (const [step, call] of await clients[name](await import(pathToFileURL(require.resolve(name))))) {
  try {
    console.log(JSON.stringify({ step, result: String(await call()) }));
  } catch (error) {
    console.log(JSON.stringify({ step, error: `${error.name}: ${error.message}` }));
  }
}
