// What Node programs do with secret files; says nothing when all of them are as they should be.
const fs = require("fs");
const path = require("path");
const assert = require("assert");

const { M: mount, P: plain, OUT: out } = process.env;

function* walk(root, below = "") {
  for (const entry of fs.readdirSync(path.join(root, below), { withFileTypes: true })) {
    if (entry.name === ".secretary") continue;
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) yield* walk(root, name);
    else yield name;
  }
}

async function main() {
  const names = [...walk(mount)].sort();
  assert.deepStrictEqual(names, [...walk(plain)].sort());
  for (const name of names) {
    const expected = fs.readFileSync(path.join(plain, name));
    const file = path.join(mount, name);
    assert.strictEqual(fs.statSync(file).size, expected.length, name);
    assert(fs.readFileSync(file).equals(expected), name);
    if (name.includes("many")) continue;
    assert((await fs.promises.readFile(file)).equals(expected), name);
    const parts = [];
    for await (const part of fs.createReadStream(file, { highWaterMark: 1000 })) parts.push(part);
    assert(Buffer.concat(parts).equals(expected), name);
    const handle = await fs.promises.open(file, "r");
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(5), 0, 5, 2);
    await handle.close();
    assert(buffer.subarray(0, bytesRead).equals(expected.subarray(2, 7)), name);
  }
  fs.copyFileSync(path.join(mount, "app.yml", "mega"), path.join(out, "mega"));
  assert.strictEqual(fs.readFileSync(path.join(mount, "web.json", "password"), "utf8"), "hunter2");
  assert.throws(() => fs.writeFileSync(path.join(mount, "app.yml", "small"), "x"), { code: "EROFS" });
  assert.throws(() => fs.readFileSync(path.join(mount, "none")), { code: "ENOENT" });
  fs.accessSync(path.join(mount, "app.yml", "small"), fs.constants.R_OK);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
