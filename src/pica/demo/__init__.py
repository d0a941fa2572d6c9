"""The page of `pica demo`: the five tasks in a browser on this machine, in English or Chinese.

words     what the page says, in both languages
panel     the state as controls, and what a changed control does to a chat
talk      a chat as the page shows it: bubbles, the emotion by turn, saving
tasks     the four tasks beside the chat, from what is typed to what is shown
page      the page's layout, and which function answers which event
server    the address, and what is switched off

Panel(modes={"emotion": "hand", …}, values={"emotion": "joy", …})   →   Session(state=State(emotion=Emotion("joy", …)))

A chat is kept in the browser's session on the server and nowhere else: two visitors share the model and nothing more,
and a chat is on the disk once it is saved.
"""
