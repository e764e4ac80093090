// When does an async function begin? In JavaScript: at once.

// DOC: eager-js
async function greet() {
  console.log("greet runs");
}

console.log("before the call");
const promise = greet(); // it runs
console.log("after the call");
await promise;
// END: eager-js
