// Called in a process of its own, which ends with the call.
export default function compose({ name, order }, { attempt }) {
  console.log(`Letter for order ${order}, attempt ${attempt}`);
  return { text: `Dear ${name}, your order ${order} waits for you.` };
}
