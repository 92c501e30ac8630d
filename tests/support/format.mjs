// Formats texts as Home Assistant's frontend does. It reads [[text, variables], …] and prints [[names, nodes, result], …]:
// the names of the variables, the kinds of nodes as numbers, and the formatted text, or else the error.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { IntlMessageFormat } = await import(pathToFileURL(process.argv[2]).href);

function walk(nodes, names, kinds) {
  for (const node of nodes) {
    kinds.add(node.type);
    if (node.type !== 0) names.add(node.value);
    for (const option of Object.values(node.options ?? {})) walk(option.value, names, kinds);
    if (node.children) walk(node.children, names, kinds);
  }
}

const results = JSON.parse(readFileSync(0, "utf-8")).map(([text, variables]) => {
  try {
    const message = new IntlMessageFormat(text, "en");
    const names = new Set();
    const kinds = new Set();
    walk(message.getAst(), names, kinds);
    return [[...names].sort(), [...kinds].sort(), message.format(variables)];
  } catch (error) {
    return [[], [], `error: ${error.message}`];
  }
});
console.log(JSON.stringify(results));
