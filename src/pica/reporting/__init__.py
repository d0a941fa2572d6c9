"""The run on one page: `page.render` turns the tables of a run into an HTML file that is readable alone.

tables    predictions and tables of a run → what the page shows, as plain rows
judge     what a judge said about replies, where one was asked
figures   tables → SVG that takes its colours from the page, so that it follows its light and dark
page      all of it in one file, with no script and nothing from the network
"""
